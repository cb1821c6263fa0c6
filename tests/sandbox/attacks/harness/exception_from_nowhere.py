"""Syntax errors made up by hand, with odd places and texts."""

BATCH = 4
STATUS = ["exception"]


def f(x):
    where = [
        (__file__, -5, 1, "x"),
        (__file__, 10**18, 10**18, None),
        (__file__, "line", object(), 5),
        (None, None, None, "\x1b[2J"),
    ][x["index"]]
    raise SyntaxError("made up", where)
