"""Numbers that break comparisons: no numbers, infinities, minus zero, tiny and huge."""

BATCH = 8
STATUS = ["ok", "bad_output"]


def f(x):
    nan = float("nan")
    return [nan, float("inf"), -0.0, 5e-324, 10**400, complex(nan, 1), True, [nan] * 3][x["index"]]
