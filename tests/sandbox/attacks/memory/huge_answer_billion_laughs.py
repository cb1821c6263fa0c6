"""Lists of lists of lists: ten of each, twenty levels deep."""

STATUS = ["bad_output", "memory", "timeout", "crash"]


def f(x):
    laugh = ["ha"] * 10
    for _ in range(20):
        laugh = [laugh] * 10
    return laugh
