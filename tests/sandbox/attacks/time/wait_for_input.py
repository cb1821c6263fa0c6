"""Wait for somebody to type something."""

import sys

STATUS = ["exception", "ok"]


def f(x):
    sys.stdin.read()
    return input("password: ")
