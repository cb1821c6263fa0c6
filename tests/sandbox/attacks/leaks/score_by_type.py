"""Answers that fool a metric that trusts them: equal to all, larger than all, true and false."""

import numpy as np

BATCH = 4
STATUS = ["ok", "bad_output"]


class Always(np.float64):
    __eq__ = __gt__ = __ge__ = __le__ = lambda self, other: True
    __hash__ = lambda self: 0


def f(x):
    return [Always(0), np.ma.masked_all(3), np.array(Always(0)), np.matrix([[1]])][x["index"]]
