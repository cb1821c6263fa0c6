"""Make up bytecode that crashes the interpreter."""

STATUS = ["exception", "crash", "timeout", "memory", "ok"]


def g():
    return 1


def f(x):
    g.__code__ = g.__code__.replace(co_code=bytes(range(2, 250)) * 4, co_stacksize=0)
    return g() is None
