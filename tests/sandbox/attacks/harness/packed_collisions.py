"""Send a dict whose keys are long tuples of one hash and one beginning, packed by hand.

Each comparison of two keys is slow, and unpacking compares all of them, in the trainer.
"""

import os
import struct

from langprop.sandbox.frames import HEADER

from toolbox import channel

STATUS = ["ok", "bad_output", "timeout"]
BATCH = 6


def packed():
    parts = []
    for number in range(512):
        # -1 and -2 have the same hash
        end = bytes(0xFF - (number >> bit & 1) for bit in range(9))
        items = b"\xdc" + struct.pack(">H", 1_909) + bytes(1_900) + end
        parts.append(b"\xc8" + struct.pack(">H", len(items)) + b"\x01" + items + b"\xc0")
    return b"\xde" + struct.pack(">H", len(parts)) + b"".join(parts)


def f(x):
    data = packed()
    os.write(channel(), HEADER.pack(len(data), x["index"], 0, 0.0, 0) + data)
    return 1
