"""A class whose class answers questions about it with code."""

STATUS = ["bad_output", "exception", "timeout", "ok"]


class Meta(type):
    def __instancecheck__(cls, other):
        return True

    def __getattribute__(cls, name):
        while True:
            pass


class Odd(metaclass=Meta):
    pass


def f(x):
    return Odd()
