"""The same, by `ioctl`."""

import fcntl
import os
import struct

EXPECT = {"process": "leak"}


def f(x):
    source, sink = os.pipe()
    try:
        fcntl.ioctl(source, 0x8901, struct.pack("i", x["victim"]))  # FIOSETOWN
    except OSError:
        fcntl.fcntl(source, fcntl.F_SETOWN, x["victim"])
    fcntl.ioctl(source, 0x5452, struct.pack("i", 1))  # FIOASYNC
    os.write(sink, b"x")
