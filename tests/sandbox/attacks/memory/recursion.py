"""Recursion without end."""

STATUS = ["exception"]


def f(x):
    return f(x)
