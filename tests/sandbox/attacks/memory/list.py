"""A list that is too large."""

LIMITS = {"time": 2.0}  # memory comes slowly on a busy machine
STATUS = ["memory"]


def f(x):
    return len([0] * 10**9)
