"""Send results with statuses that don't exist, and those that only the trusted side gives."""

import os

from langprop.sandbox.frames import HEADER

from toolbox import channel

STATUS = ["crash", "timeout", "memory", "exception", "ok", "bad_output"]
BATCH = 6


def f(x):
    code = [4, 2, 3, 5, 6, 255][x["index"]]
    os.write(channel(), HEADER.pack(3, x["index"], code, 0.0, 0) + b"\xff\xfe!")
    return 1
