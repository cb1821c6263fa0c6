"""Switch the garbage collector off, and make cycles."""

import gc

LIMITS = {"time": 1.0, "memory": 64_000_000}
STATUS = ["memory", "timeout"]


def f(x):
    gc.disable()
    gc.freeze()
    while True:
        cycle = [bytearray(10_000)]
        cycle.append(cycle)
