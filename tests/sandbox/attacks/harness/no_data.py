"""Answers that are no data: generators, functions, modules, files, coroutines, frames."""

import sys

BATCH = 8
STATUS = ["bad_output"]


async def later():
    return 1


def f(x):
    answers = [(n for n in [1]), f, sys, sys.stdout, None, sys._getframe(), type, print]
    answers[4] = later()
    return answers[x["index"]]
