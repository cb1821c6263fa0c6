"""Replace, close and detach the standard streams."""

import io
import sys

BATCH = 5


def f(x):
    index = x["index"]
    if index == 0:
        sys.stdout.close()
        sys.stderr = None
    elif index == 1:
        sys.stdout = sys.__stdout__ = io.StringIO()
    elif index == 2:
        sys.stdout.write = None
        sys.stdout.buffer = None
    elif index == 3:
        del sys.stdout, sys.stderr, sys.stdin
    else:
        sys.stdout._parts = "x" * 10**6
    return 1


STATUS = ["ok", "exception", "crash"]
