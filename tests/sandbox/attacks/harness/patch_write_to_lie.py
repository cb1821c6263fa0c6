"""Have the harness believe that much less was written than was."""

import os

STATUS = ["ok", "exception", "crash", "timeout"]
_write = os.write
os.write = lambda fd, data: max(0, _write(fd, data) - 5)


def f(x):
    return 1
