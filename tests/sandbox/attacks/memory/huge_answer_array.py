"""An array that takes no memory here, and 80 GB when it is written out."""

import numpy as np

LIMITS = {"time": 2.0}  # memory comes slowly on a busy machine
STATUS = ["bad_output", "memory"]


def f(x):
    return np.broadcast_to(np.float64(1), (100_000, 100_000))
