"""An endless iterator in C, summed in C."""

STATUS = ["timeout"]


def f(x):
    return sum(iter(int, 1))
