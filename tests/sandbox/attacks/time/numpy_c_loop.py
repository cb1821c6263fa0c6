"""One call of numpy that takes minutes."""

import numpy as np

STATUS = ["timeout"]


def f(x):
    return np.convolve(np.ones(1_000_000), np.ones(1_000_000)).sum()
