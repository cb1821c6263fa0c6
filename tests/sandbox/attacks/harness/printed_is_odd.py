"""Change what the harness has noted as printed."""

from toolbox import harness

BATCH = 3
STATUS = ["ok", "exception", "crash", "timeout"]


def f(x):
    printed = harness("Printed")
    printed.limit = 10**9
    printed._parts = [["x" * 10**5], [None], ["\x1b[2J\u202e" * 100]][x["index"]]
    printed.length = [10**5, -1, float("nan")][x["index"]]
    return 1
