"""A format that asks for a gigabyte of blanks."""

STATUS = ["memory", "exception"]


def f(x):
    return len(f"{0:>{10**10}}")
