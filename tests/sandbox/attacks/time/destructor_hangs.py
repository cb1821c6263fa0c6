"""An object that hangs when it dies, which is after the call."""

STATUS = ["timeout"]


class Bad:
    def __del__(self):
        while True:
            pass


def f(x):
    bad = Bad()
    return id(bad) * 0
