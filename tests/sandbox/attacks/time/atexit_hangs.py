"""Hang when the interpreter ends."""

import atexit
import time


def f(x):
    atexit.register(time.sleep, 99)
    return 1
