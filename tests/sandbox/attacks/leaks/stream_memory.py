"""Where samples come one by one: search the own memory for those that the zygote may hold."""

import gc

from toolbox import secrets

STREAM = True
LIMITS = {"time": 1.0}


def f(x):
    found = []
    gc.unfreeze()
    for value in gc.get_objects():
        if type(value) is dict:
            for item in list(value.values()):
                if type(item) in (str, bytes):
                    found += secrets(item)
    return [each for each in found if each != x["revealed"]]
