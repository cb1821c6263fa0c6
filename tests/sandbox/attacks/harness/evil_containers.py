"""Subclasses of containers that lie about their length and items."""

BATCH = 5
STATUS = ["ok", "exception", "bad_output", "timeout", "memory"]


class List(list):
    __len__ = lambda self: 2**62
    __iter__ = lambda self: iter(int, 1)
    __eq__ = lambda self, other: True


class Dict(dict):
    __len__ = lambda self: 2**62
    items = keys = values = __iter__ = lambda self: iter([("label", "everything")] * 9)


class Tuple(tuple):
    __len__ = lambda self: 2**62
    __iter__ = lambda self: iter(int, 1)
    __new__ = lambda cls, *a: tuple.__new__(cls, (1, 2))


class Set(set):
    __iter__ = lambda self: iter(int, 1)
    __contains__ = lambda self, item: True


class Text(str):
    encode = __str__ = __repr__ = lambda self, *a: b"\xff" * 10
    __len__ = lambda self: 2**62


def f(x):
    return [List([1]), Dict(a=1), Tuple(), Set({1}), Text("a")][x["index"]]
