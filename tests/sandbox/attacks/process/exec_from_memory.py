"""Become a program that never was in a file."""

import ctypes
import os

from toolbox import syscall

EXPECT = {"process": "leak"}
STATUS = ["ok", "exception", "crash"]


def f(x):
    fd = syscall("memfd_create", b"program", 0)
    with open("/usr/bin/touch", "rb") as program:
        os.write(fd, program.read())
    words = [b"touch", x["scratch"].encode() + b"/memory", None]
    argv = (ctypes.c_char_p * 3)(*words)
    syscall("execveat", fd, b"", argv, None, 0x1000)  # AT_EMPTY_PATH
    syscall("execve", f"/proc/self/fd/{fd}".encode(), argv, None)
