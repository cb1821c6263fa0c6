"""Announce results of 4 GB."""

import os

from langprop.sandbox.frames import HEADER

from toolbox import channel

STATUS = ["crash", "ok"]


def f(x):
    size = 2**32 - 1
    os.write(channel(), HEADER.pack(size, x["index"], 0, 0.0, size) + b"x" * 1_000)
    return 1
