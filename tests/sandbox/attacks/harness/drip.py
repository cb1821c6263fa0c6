"""Send a result byte by byte, so that there is always some progress: as if it just took long."""

import os
import time

from langprop.sandbox.frames import HEADER

from toolbox import channel

STATUS = ["timeout", "crash"]


def f(x):
    fd = channel()
    data = HEADER.pack(900_000, x["index"], 0, 0.0, 0) + bytes(900_000)
    for place in range(len(data)):
        try:
            os.write(fd, data[place : place + 1])
            time.sleep(0.02)
        except BaseException:
            pass
