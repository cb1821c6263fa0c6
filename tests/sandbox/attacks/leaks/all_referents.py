"""Follow all references from the modules, without the garbage collector's lists."""

import gc
import sys

from toolbox import secrets

STATUS = ["ok", "timeout", "exception"]
LIMITS = {"time": 2.0}


def f(x):
    found, seen, todo = [], set(), [sys.modules, sys._getframe()]
    while todo and len(seen) < 400_000:
        value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if type(value) in (str, bytes):
            found += secrets(value)
        todo += gc.get_referents(value)
    return found
