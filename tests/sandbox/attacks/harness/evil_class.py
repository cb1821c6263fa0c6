"""Objects that say that they are of another class."""

import numpy as np

BATCH = 5
STATUS = ["bad_output", "exception", "ok", "timeout"]


def lying(kind):
    return type("Lie", (), {"__class__": property(lambda self: kind)})()


def f(x):
    return lying([int, dict, np.ndarray, np.float64, tuple][x["index"]])
