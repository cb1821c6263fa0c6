"""Exceptions whose text is no text, or isn't there."""

BATCH = 4
STATUS = ["exception"]


class Odd(Exception):
    def __init__(self, index):
        self.index = index

    def __str__(self):
        if self.index == 0:
            return 1
        if self.index == 1:
            raise self
        if self.index == 2:
            raise SystemExit
        return "\ud800\x00\x1b[31m\u202e\U000e0041"


def f(x):
    raise Odd(x["index"])
