"""Catch the `MemoryError`, and ask again."""

STATUS = ["timeout", "memory", "crash"]


def f(x):
    kept = []
    while True:
        try:
            while True:
                kept.append(bytearray(10**6))
        except MemoryError:
            pass
