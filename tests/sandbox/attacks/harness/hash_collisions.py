"""An answer with keys of one hash, which takes long to unpack."""

STATUS = ["bad_output", "timeout"]


def f(x):
    return {number * (2**61 - 1): None for number in range(1, 20_000)}
