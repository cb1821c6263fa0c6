"""Many small objects."""

LIMITS = {"time": 2.0, "memory": 64_000_000}
STATUS = ["memory", "timeout", "crash"]


def f(x):
    kept = None
    while True:
        kept = (kept, {})
