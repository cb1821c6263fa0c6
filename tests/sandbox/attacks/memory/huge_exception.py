"""An exception with a message of 100 MB, notes and causes."""

STATUS = ["exception", "memory", "timeout"]  # a busy machine formats the message for long


def f(x):
    error = ValueError("x" * (100 << 20))
    error.__cause__ = error.__context__ = KeyError("y" * 10**6)
    error.__notes__ = ["z" * 10**6]
    raise error
