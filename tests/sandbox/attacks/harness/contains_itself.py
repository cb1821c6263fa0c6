"""Answers that contain themselves."""

BATCH = 3
STATUS = ["bad_output"]


def f(x):
    a, b, c = [], {}, []
    a.append(a)
    b["b"] = b
    c.append((c,))
    return [a, b, c][x["index"]]
