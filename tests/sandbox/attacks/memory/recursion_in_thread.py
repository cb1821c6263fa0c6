"""Overflow the stack of a thread."""

import sys
import threading

STATUS = ["ok", "exception", "memory", "crash", "timeout"]


def down(depth):
    return repr([Deep(depth + 1)])


class Deep:
    def __init__(self, depth):
        self.depth = depth

    def __repr__(self):
        return down(self.depth)


def f(x):
    sys.setrecursionlimit(2**31 - 1)
    threading.stack_size(1 << 16)
    thread = threading.Thread(target=down, args=(0,))
    thread.start()
    thread.join()
    return 1
