"""Send the beginning of a result, then end."""

import os

from langprop.sandbox.frames import HEADER

from toolbox import channel

STATUS = ["crash", "ok"]


def f(x):
    os.write(channel(), HEADER.pack(1_000, x["index"], 0, 0.0, 0) + b"\xc0")
    os._exit(0)
