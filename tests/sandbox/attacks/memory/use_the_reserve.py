"""Use the memory that is kept to report errors: there is little of it, and it may be used."""

import resource

LIMITS = {"time": 2.0}
STATUS = ["ok", "memory", "exception"]


def f(x):
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    kept = []
    while True:
        kept.append(bytearray(10**6))
