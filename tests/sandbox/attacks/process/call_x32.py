"""Call the kernel with x32 numbers, which filters of 64-bit numbers may forget: make a folder."""

import ctypes

from toolbox import libc, worked

EXPECT = {"process": "leak"}
STATUS = ["ok", "exception", "crash"]
MACHINE = "x86_64"


def f(x):
    path = x["scratch"].encode() + b"/x32"
    big = 0x40000000
    return worked(
        {
            "mkdir": lambda: libc.syscall(ctypes.c_long(big + 83), path, 0o700),
            "getpid": lambda: libc.syscall(ctypes.c_long(big + 39)),
            "high bits": lambda: libc.syscall(ctypes.c_long((1 << 32) + 83), path, 0o700),
            "negative": lambda: libc.syscall(ctypes.c_long(-1)),
        }
    )
