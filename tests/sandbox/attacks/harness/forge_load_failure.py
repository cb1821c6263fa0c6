"""Say that the script can't be loaded, after it was."""

import os

from langprop.sandbox.frames import HEADER, LOAD_FAILED

from toolbox import channel

STATUS = ["ok", "exception", "crash", "timeout", "memory", "bad_output"]


def f(x):
    os.write(channel(), HEADER.pack(4, LOAD_FAILED, x["index"], 0.0, 0) + b"fake")
    return 1
