"""Subclasses of arrays and dtypes that lie."""

import numpy as np

BATCH = 2
STATUS = ["ok", "bad_output", "exception", "timeout", "memory"]


class Array(np.ndarray):
    shape = property(lambda self: (2**40,))
    dtype = property(lambda self: np.dtype("O"))
    ndim = property(lambda self: 10**9)
    tobytes = lambda self, *a: b"x" * 100
    __eq__ = lambda self, other: np.True_
    __array_finalize__ = lambda self, other: None


class Odd:
    __array_interface__ = {"shape": (9,), "typestr": "<f8", "data": (64, False), "version": 3}


def f(x):
    index = x["index"]
    if index == 0:
        return np.ones(3).view(Array)
    return Odd()
