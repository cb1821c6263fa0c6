"""Many arrays that take memory only when they are touched."""

import numpy as np

STATUS = ["memory"]


def f(x):
    return len([np.zeros(10**7) for _ in range(1_000)])
