"""Patch the clock so that it runs backwards: durations must not become negative."""

import time

STATUS = ["ok", "exception", "timeout", "crash"]
_ticks = iter(range(10**9, 0, -1))
time.perf_counter = lambda: float(next(_ticks))


def f(x):
    return 1
