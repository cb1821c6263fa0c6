"""Have the harness write nothing for ever."""

import os

STATUS = ["timeout", "crash"]


def f(x):
    os.write = lambda fd, data: 0
    return 1
