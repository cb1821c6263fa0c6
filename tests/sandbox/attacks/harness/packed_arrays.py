"""Send arrays that aren't what they say: sizes, dimensions, types of objects."""

import os
import struct

from langprop.sandbox.frames import HEADER

from toolbox import channel

BATCH = 10
STATUS = ["bad_output", "ok"]


def array(dtype, shape, data=b""):
    head = struct.pack(f"<BB{len(shape)}Q", len(dtype), len(shape), *shape)
    body = head + dtype + data
    return b"\xc9" + struct.pack(">I", len(body)) + b"\x06" + body


ARRAYS = [
    array(b"|O", [1], bytes(8)),
    array(b"<f8", [2**40]),
    array(b"<f8", [2**32, 2**32, 0]),
    array(b"<f8", [2**63, 2]),
    array(b"V8", [1], bytes(8)),
    array(b"<U1000000", [1]),
    array(b"f8,O", [1], bytes(16)),
    array(b"<M8[ns]", [1], b"\xff" * 8),
    array(b"<f8", [1] * 64, bytes(8)),
    array(b"<U1", [4], b"\xff\xff\xff\xff" * 4),
]


def f(x):
    data = ARRAYS[x["index"]]
    os.write(channel(), HEADER.pack(len(data), x["index"], 0, 0.0, 0) + data)
    return 1
