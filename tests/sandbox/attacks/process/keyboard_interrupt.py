"""Raise `KeyboardInterrupt`, as if the user had pressed ^C."""

STATUS = ["exception"]


def f(x):
    raise KeyboardInterrupt
