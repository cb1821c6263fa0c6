"""An answer whose methods hang when it is turned into bytes."""

STATUS = ["ok", "timeout", "bad_output", "exception"]


def hang(*arguments):
    while True:
        pass


class Items(dict):
    __iter__ = items = keys = values = __len__ = hang


class Number(float):
    __float__ = __pos__ = __eq__ = __hash__ = hang


def f(x):
    return [Items(a=1), Number(2)]
