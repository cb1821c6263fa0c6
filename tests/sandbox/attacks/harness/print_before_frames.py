"""Print what looks like the end of a result and the beginning of another."""

import sys

from langprop.sandbox.frames import HEADER


def f(x):
    frame = HEADER.pack(1, 1 - x["index"], 0, 0.0, 0) + b"\x63"
    sys.stdout.buffer.write(frame)
    print(frame.decode("latin-1"), flush=True)
    return x["index"]
