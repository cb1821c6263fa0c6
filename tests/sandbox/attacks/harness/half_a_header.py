"""Send a part of a header, then hang."""

import os
import time

from toolbox import channel

STATUS = ["timeout", "crash"]


def f(x):
    os.write(channel(), b"\x01\0\0")
    while True:
        try:
            time.sleep(9)
        except BaseException:
            pass
