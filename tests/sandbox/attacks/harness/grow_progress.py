"""Make the memory in which progress is kept huge."""

import os

from toolbox import syscall, worked

EXPECT = {"process": "leak"}
STATUS = ["ok", "exception", "crash", "timeout"]


def f(x):
    def grown(fd):
        os.lseek(fd, 1 << 20, os.SEEK_SET)
        os.write(fd, b"x" * 100)
        return os.fstat(fd).st_size > 1 << 20

    return worked(
        {
            "write": lambda: grown(1001),
            "ftruncate": lambda: syscall("ftruncate", 1001, 1 << 30),
            "fallocate": lambda: syscall("fallocate", 1001, 0, 0, 1 << 22),
        }
    )
