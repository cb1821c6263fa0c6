"""Constant folding that would take long, before a line of it runs."""

STATUS = ["ok", "timeout", "memory", "exception"]


def f(x):
    return len([2**64**2 for _ in range(10)]) + eval("+".join(["(9**9)"] * 30_000)) * 0
