"""Read a file by each call that can open one."""

import ctypes
import os

from toolbox import libc, secrets, syscall

EXPECT = {"process": "leak"}


def f(x):
    path = x["key_file"].encode()
    how = (ctypes.c_ulong * 3)(0, 0, 0)
    fds = [
        syscall("openat", -100, path, 0, 0),
        syscall("openat2", -100, path, how, 24),
        libc.open(path, 0),
        syscall("openat", -100, b"/proc/self/root" + path, 0, 0),
        syscall("openat", -100, b"/usr/lib/../.." + path, 0, 0),
        syscall("open_tree", -100, path, 0),
    ]
    found = []
    for fd in fds:
        try:
            found += secrets(os.read(fd, 1_000))
        except OSError:
            pass
    return found
