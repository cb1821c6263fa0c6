"""A chain of objects that overflows the stack when it dies."""

STATUS = ["ok", "crash", "timeout", "memory", "exception"]
LIMITS = {"time": 1.0}


def f(x):
    chain = iter(())
    for _ in range(200_000):
        chain = map(None, chain)
    return 1
