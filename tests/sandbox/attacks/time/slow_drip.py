"""Take nearly all the time that there is, on each sample: each call counts for itself."""

import time

LIMITS = {"time": 0.1, "failures": 2}
STATUS = ["ok", "timeout"]


def f(x):
    end = time.perf_counter() + 0.07
    while time.perf_counter() < end:
        pass
    return 1
