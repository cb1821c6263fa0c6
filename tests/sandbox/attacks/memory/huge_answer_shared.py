"""An answer that is small here and huge when it is written out: one list a million times."""

STATUS = ["bad_output", "memory", "timeout", "crash"]


def f(x):
    row = [0] * 1_000
    return [[row] * 1_000] * 1_000
