"""Answers that are views of memory that isn't theirs."""

import ctypes

BATCH = 4
STATUS = ["ok", "bad_output", "crash"]


def f(x):
    wild = memoryview((ctypes.c_char * 4_096).from_address(0x1000))
    buffer = (ctypes.c_char * 3)(b"a", b"b", b"c")
    return [wild, memoryview(b"abc"), buffer, ctypes.py_object(f)][x["index"]]
