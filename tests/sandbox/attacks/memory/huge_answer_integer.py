"""An answer that is one integer of a million digits."""

LIMITS = {"time": 2.0}  # memory comes slowly on a busy machine
STATUS = ["bad_output"]


def f(x):
    return 1 << 3_400_000
