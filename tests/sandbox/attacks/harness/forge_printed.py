"""Send printed text that no writer has cut or cleaned."""

import os

from langprop.sandbox.frames import HEADER

from toolbox import channel

STATUS = ["ok", "crash"]


def f(x):
    text = ("\x1b]0;title\x07\x1b[2J\x9b\x00\u202e\U000e0041\xad\u061c\u180e" * 40).encode()
    os.write(channel(), HEADER.pack(1, x["index"], 0, 0.0, len(text)) + text + b"\x07")
    return 1
