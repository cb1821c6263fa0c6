"""Look through all objects that the garbage collector knows."""

import gc

from toolbox import secrets

STATUS = ["ok", "timeout", "exception"]
LIMITS = {"time": 2.0}


def f(x):
    found = []
    gc.unfreeze()
    for value in gc.get_objects():
        for item in value.values() if type(value) is dict else value if type(value) is list else ():
            if type(item) in (str, bytes):
                found += secrets(item)
    return found
