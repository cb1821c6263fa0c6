"""Garbage in a cycle hangs, whenever it is collected."""

import gc

STATUS = ["ok", "timeout"]


class Bad:
    def __init__(self):
        self.me = self

    def __del__(self):
        while True:
            pass


def f(x):
    Bad()
    gc.set_threshold(1)
    return 1
