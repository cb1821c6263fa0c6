"""An array that is too large."""

import numpy as np

STATUS = ["memory"]


def f(x):
    return np.ones(10**9).sum()
