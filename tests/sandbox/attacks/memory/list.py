"""A list that is too large."""

STATUS = ["memory"]


def f(x):
    return len([0] * 10**9)
