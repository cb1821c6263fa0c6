"""Loop for ever."""

STATUS = ["timeout"]


def f(x):
    while True:
        pass
