"""Source that makes the compiler recurse: a sum of many."""

STATUS = ["exception", "memory", "crash", "timeout", "ok"]


def f(x):
    return eval("+".join(["x"] * 100_000), {"x": 0})
