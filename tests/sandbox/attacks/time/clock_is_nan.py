"""Patch the clock so that durations are no numbers."""

import time

STATUS = ["ok", "exception", "timeout", "crash"]
time.perf_counter = lambda: float("nan")


def f(x):
    return 1
