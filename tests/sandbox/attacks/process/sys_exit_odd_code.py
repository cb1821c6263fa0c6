"""Raise `SystemExit` with an object as its code."""

STATUS = ["exception", "timeout"]


class Code:
    def __index__(self):
        while True:
            pass

    __int__ = __str__ = __repr__ = __index__


def f(x):
    raise SystemExit(Code())
