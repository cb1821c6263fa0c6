"""A thread sends more results after the last one, with what looks like secrets of others."""

import os
import threading
import time

from langprop.sandbox.frames import HEADER

from toolbox import channel

STATUS = ["ok", "crash"]


def later(fd):
    while True:
        os.write(fd, HEADER.pack(1, 0, 0, 0.0, 0) + b"\x07")
        time.sleep(0.0001)


def f(x):
    threading.Thread(target=later, args=(channel(),), daemon=True).start()
    return 1
