"""Have the kernel signal another process: make it the owner of a pipe, and write."""

import fcntl
import os
import signal
import struct

EXPECT = {"process": "leak"}


def f(x):
    source, sink = os.pipe()
    fcntl.fcntl(source, fcntl.F_SETOWN, x["victim"])
    fcntl.fcntl(source, 10, signal.SIGUSR2)  # F_SETSIG
    fcntl.fcntl(source, 15, struct.pack("ii", 1, x["victim"]))  # F_SETOWN_EX
    fcntl.fcntl(source, fcntl.F_SETFL, fcntl.fcntl(source, fcntl.F_GETFL) | os.O_ASYNC)
    os.write(sink, b"x")
