"""Send bytes that claim to be huge or deep when they are unpacked."""

import os

from langprop.sandbox.frames import HEADER

from toolbox import channel

BATCH = 10
STATUS = ["bad_output"]
BOMBS = [
    b"\xdd\xff\xff\xff\xff",  # a list of 4 G items
    b"\xdf\xff\xff\xff\xff",  # a dict of 4 G items
    b"\xdd\0\x0f\xff\xff" * 200,  # lists in lists, each of 1 M items
    b"\x91" * 500_000,  # deep
    b"\x81\xc0" * 100_000 + b"\xc0",  # deep, in dicts
    b"\xc6\xff\xff\xff\xff",  # 4 GB of bytes
    b"\xc7\xff\x01" + b"\xc7\xfc\x01" * 80,  # tuples in tuples
    b"\xc9\xff\xff\xff\xff\x06",  # an array of 4 GB
    b"\xd7\xff" + b"\xff" * 8,  # a timestamp
    b"\xc1" * 100,  # reserved
]


def f(x):
    data = BOMBS[x["index"]]
    os.write(channel(), HEADER.pack(len(data), x["index"], 0, 0.0, 0) + data)
    return 1
