"""Source that nests without end."""

STATUS = ["exception", "memory", "crash", "timeout"]


def f(x):
    return len(eval("(" * 100_000 + ")" * 100_000))
