"""An exception whose message never comes."""

STATUS = ["exception", "timeout"]


class Odd(Exception):
    def __str__(self):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass

    __repr__ = __str__


def f(x):
    raise Odd
