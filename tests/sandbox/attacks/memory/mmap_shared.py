"""Anonymous shared memory, which isn't the heap's."""

import mmap

LIMITS = {"time": 2.0}  # memory comes slowly on a busy machine
STATUS = ["exception", "memory"]


def f(x):
    maps = [mmap.mmap(-1, 64 << 20) for _ in range(64)]
    return len(maps)
