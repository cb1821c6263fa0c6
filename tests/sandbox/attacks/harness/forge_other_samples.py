"""Answer for samples that don't exist."""

import os

from langprop.sandbox.frames import HEADER

from toolbox import channel

STATUS = ["crash", "ok"]


def f(x):
    for index in (2, 77, 2**31, 2**32 - 2):
        os.write(channel(), HEADER.pack(1, index, 0, 0.0, 0) + b"\x07")
    return 1
