"""Poison `sys.modules`, the import system and the caches of source lines."""

import builtins
import linecache
import sys

STATUS = ["ok", "exception", "crash", "timeout"]


def f(x):
    for name in ("msgpack", "numpy", "struct", "os", "time", "signal", "langprop.sandbox.wire"):
        sys.modules[name] = None
    linecache.cache = linecache.getlines = None
    builtins.__import__ = builtins.isinstance = lambda *a: 1 / 0
    sys.meta_path[:] = sys.path_hooks[:] = []
    return (1, 2.5, {"a": {3}})
