"""Pipes that are made larger."""

import fcntl
import os

EXPECT = {"process": "leak"}


def f(x):
    source, sink = os.pipe()
    fcntl.fcntl(sink, 1031, 1 << 20)  # F_SETPIPE_SZ
    return {"worked": ["a pipe of 1 MB"]}
