"""An answer that is too large: bytes."""

STATUS = ["bad_output", "memory"]


def f(x):
    return bytes(100 << 20)
