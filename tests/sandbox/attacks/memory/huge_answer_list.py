"""An answer that is too large: a list."""

STATUS = ["bad_output", "memory", "timeout"]


def f(x):
    return list(range(10**6))
