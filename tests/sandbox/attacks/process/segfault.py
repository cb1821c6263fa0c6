"""Read where no memory is."""

import ctypes

STATUS = ["crash"]


def f(x):
    return ctypes.string_at(0)
