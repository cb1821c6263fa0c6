"""Overwrite cached objects in memory: the number 7 becomes 8, the empty text becomes longer."""

import ctypes
import sys

STATUS = ["ok", "exception", "crash", "timeout", "bad_output", "memory"]


def f(x):
    offset = sys.getsizeof(7) - 4
    ctypes.c_uint32.from_address(id(7) + offset).value = 8
    return 3 + 4
