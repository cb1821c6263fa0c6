"""One multiplication of integers that takes minutes."""

STATUS = ["timeout", "memory"]


def f(x):
    return pow(3, 10**9) % 10
