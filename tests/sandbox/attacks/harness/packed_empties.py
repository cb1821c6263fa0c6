"""Send a million empty dicts: a megabyte that becomes seventy when it is unpacked."""

import os
import struct

from langprop.sandbox.frames import HEADER

from toolbox import channel

STATUS = ["ok", "bad_output"]
BATCH = 4


def f(x):
    count = (1 << 20) - 10
    data = b"\xdd" + struct.pack(">I", count) + b"\x80" * count
    os.write(channel(), HEADER.pack(len(data), x["index"], 0, 0.0, 0) + data)
    return 1
