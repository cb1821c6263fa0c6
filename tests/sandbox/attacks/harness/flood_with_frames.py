"""Send the same result for ever: the first one counts, and sending is no progress."""

import os

from langprop.sandbox.frames import HEADER

from toolbox import channel

STATUS = ["crash", "timeout", "ok"]


def f(x):
    fd = channel()
    frame = HEADER.pack(1, 0, 0, 0.0, 0) + b"\x07"
    while True:
        os.write(fd, frame * 1_000)
