"""Patch built-in types in memory."""

import ctypes
import gc

STATUS = ["ok", "exception", "crash", "timeout", "bad_output", "memory"]


def f(x):
    table = gc.get_referents(int.__dict__)[0]
    table["bit_length"] = lambda self: -1
    table = gc.get_referents(list.__dict__)[0]
    table["__getitem__"] = lambda self, key: self
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(list))
    return [1, 2**80]
