"""Catch the `TimeoutError`, and go on."""

STATUS = ["timeout"]


def f(x):
    while True:
        try:
            while True:
                x["index"] += 1
        except TimeoutError:
            pass
