"""Leave the harness no memory to say so: lower the limit to what is used."""

import resource

LIMITS = {"time": 2.0}  # memory comes slowly on a busy machine
STATUS = ["ok", "memory", "exception", "crash"]


def f(x):
    resource.setrlimit(resource.RLIMIT_AS, (1, 1))
    return "x" * 10**6
