"""Sleep in the C library, and again after each signal."""

import ctypes

STATUS = ["timeout"]


def f(x):
    libc = ctypes.PyDLL(None)  # holds the interpreter's lock meanwhile
    while True:
        libc.usleep(500_000)
