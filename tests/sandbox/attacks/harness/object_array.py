"""Arrays of objects, records and voids."""

import numpy as np

BATCH = 4
STATUS = ["bad_output", "ok"]


def f(x):
    arrays = [
        np.array([object(), f], dtype=object),
        np.zeros(2, dtype=[("a", "f8"), ("b", "O")]),
        np.zeros(2, dtype="V16"),
        np.array(["\ud800", "a"]),
    ]
    return arrays[x["index"]]
