"""An answer that is too large: bytes."""

LIMITS = {"time": 2.0}  # memory comes slowly on a busy machine
STATUS = ["bad_output", "memory"]


def f(x):
    return bytes(100 << 20)
