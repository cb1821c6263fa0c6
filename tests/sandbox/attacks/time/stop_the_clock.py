"""Patch `time.perf_counter`, which the alarm looks at, then loop."""

import time

STATUS = ["timeout"]


def f(x):
    time.perf_counter = time.monotonic = time.time = lambda: 0.0
    while True:
        pass
