"""Raise the memory limit with the raw system call, with odd upper halves of the arguments."""

import ctypes

from toolbox import syscall

LIMITS = {"time": 2.0}  # memory comes slowly on a busy machine
STATUS = ["ok", "memory"]


def f(x):
    limit = (ctypes.c_ulong * 2)(1 << 40, 1 << 40)
    for who in (0, 1 << 32):
        for which in (9, 9 | 1 << 32):
            syscall("prlimit64", who, which, ctypes.byref(limit), None)
            syscall("setrlimit", which, ctypes.byref(limit))
    return {"worked": ["600 MB"] if len(bytearray(600 << 20)) else []}
