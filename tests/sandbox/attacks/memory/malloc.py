"""Memory from the C library, without Python's knowledge; only once it is more than allowed."""

import ctypes

LIMITS = {"time": 2.0}  # memory comes slowly on a busy machine
STATUS = ["ok", "exception", "memory"]


def f(x):
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.mmap.restype = ctypes.c_void_p
    got = [libc.malloc(ctypes.c_size_t(64 << 20)) for _ in range(32)]
    more = [libc.mmap(None, ctypes.c_size_t(64 << 20), 3, 0x22, -1, 0) for _ in range(32)]
    size = sum(64 for each in got if each) + sum(64 for each in more if each != (1 << 64) - 1)
    return {"worked": [f"{size} MB"] if size > 512 else []}
