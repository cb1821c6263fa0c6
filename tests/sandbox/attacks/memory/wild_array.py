"""An array that reaches far beyond its memory."""

import numpy as np

STATUS = ["crash", "ok", "bad_output", "memory"]


def f(x):
    return np.lib.stride_tricks.as_strided(np.ones(4), (100_000, 1), (4096, 8))
