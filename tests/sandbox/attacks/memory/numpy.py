"""An array that is too large."""

import numpy as np

LIMITS = {"time": 2.0}  # memory comes slowly on a busy machine
STATUS = ["memory"]


def f(x):
    return np.ones(10**9).sum()
