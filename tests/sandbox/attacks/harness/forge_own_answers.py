"""Answer all own samples at once, and end: that is lying about one's own work, and allowed."""

import os

from langprop.sandbox.frames import HEADER

from toolbox import channel

STATUS = ["ok", "crash"]


def f(x):
    for index in range(2):
        os.write(channel(), HEADER.pack(1, index, 0, 0.5, 0) + b"\x07")
    os._exit(0)
