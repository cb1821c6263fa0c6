"""Make the channel of the results one that never waits, and return much."""

import os

from toolbox import channel

STATUS = ["ok", "crash", "timeout", "exception"]


def f(x):
    os.set_blocking(channel(), False)
    return "x" * 900_000
