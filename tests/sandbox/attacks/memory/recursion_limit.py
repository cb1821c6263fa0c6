"""Recursion without end, with the limit switched off."""

import sys

STATUS = ["exception", "memory", "crash", "timeout"]


def f(x):
    sys.setrecursionlimit(2**31 - 1)

    def down(depth):
        return down(depth + 1) + 1

    return down(0)
