"""An answer that is one integer of a million digits."""

STATUS = ["bad_output"]


def f(x):
    return 1 << 3_400_000
