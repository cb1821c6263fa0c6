"""Raise `GeneratorExit` and `StopIteration`, which loops take for their end."""

STATUS = ["exception"]


def f(x):
    raise [GeneratorExit, StopIteration, StopAsyncIteration][x["index"]]


BATCH = 3
