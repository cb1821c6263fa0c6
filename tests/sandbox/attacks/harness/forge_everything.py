"""Skip the work: answer each sample before its call, with another status, then hang."""

import os
import time

from langprop.sandbox.frames import HEADER

from toolbox import channel

STATUS = ["exception", "timeout", "ok", "crash"]

for index in range(2):
    os.write(channel(), HEADER.pack(1, index, 1, 0.0, 0) + b"!")
while True:
    try:
        time.sleep(9)
    except BaseException:
        pass


def f(x):
    return 1
