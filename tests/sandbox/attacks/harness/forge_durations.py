"""Send results with impossible durations."""

import os

from langprop.sandbox.frames import HEADER

from toolbox import channel

BATCH = 5


def f(x):
    seconds = [float("nan"), float("inf"), -1.0, 1e308, -0.0][x["index"]]
    os.write(channel(), HEADER.pack(1, x["index"], 0, seconds, 0) + b"\x07")
    return 1
