"""Source that makes the compiler recurse: many signs in a row."""

STATUS = ["exception", "memory", "crash", "timeout", "ok"]


def f(x):
    return eval("-" * 200_000 + "1") * 0
