"""Tell of calls between modules that never were, with arguments that are bombs."""

import os
import struct

import msgpack
from langprop.sandbox.frames import HEADER

from toolbox import channel

BATCH = 4
STATUS = ["ok", "crash"]


def f(x):
    pair = msgpack.packb([[], {}])
    call = ["f", "f", pair, b"\x07", "\u202e\x1b[2J\U000e0041", "y" * 10**4]
    blocks = [
        msgpack.packb([call] * 20),
        msgpack.packb([["f\n#", "g", pair, b"\xdd\xff\xff\xff\xff", "", ""], call, None]),
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 1_000,
    ]
    block = blocks[x["index"]]
    data = struct.pack("<I", len(block)) + block + b"\x07"
    os.write(channel(), HEADER.pack(len(data), x["index"], 0x80, 0.0, 0) + data)
    return 1
