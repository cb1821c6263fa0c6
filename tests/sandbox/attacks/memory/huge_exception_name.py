"""An exception whose class has a name of 10 MB."""

STATUS = ["exception", "memory", "timeout"]


def f(x):
    raise type("E" * 10**7, (Exception,), {})("x")
