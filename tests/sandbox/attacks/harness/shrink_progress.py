"""Make the memory in which progress is kept smaller, so that who reads it gets a bus error."""

import os

from toolbox import syscall

STATUS = ["ok", "exception", "crash", "timeout"]


def f(x):
    for fd in (1000, 1001, 1002):
        for size in (0, 1, 7):
            syscall("ftruncate", fd, size)
    os.ftruncate(1001, 0)
    return 1
