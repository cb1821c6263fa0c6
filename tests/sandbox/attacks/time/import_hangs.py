"""Hang while being loaded."""

STATUS = ["timeout"]

while True:
    try:
        while True:
            pass
    except BaseException:
        pass


def f(x):
    return 1
