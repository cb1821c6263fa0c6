"""Recursion in C, with Python's limit switched off: the stack overflows."""

import sys

STATUS = ["exception", "memory", "crash", "timeout"]


class Odd:
    def __getattr__(self, name):
        return getattr(self, name + "x"[:0])

    def __repr__(self):
        return repr([self])


def f(x):
    sys.setrecursionlimit(2**31 - 1)
    return repr(Odd())
