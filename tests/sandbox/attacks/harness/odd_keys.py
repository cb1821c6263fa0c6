"""Keys of all kinds."""

BATCH = 6
STATUS = ["ok", "bad_output"]


def f(x):
    nan = float("nan")
    return [
        {1: 1, 1.5: 2, False: 3, None: 4},
        {(1, (2, "a")): 1},
        {frozenset([1]): 1},
        {nan: 1, float("nan"): 2},
        {b"a": 1, "a": 2},
        {-1: 1, -2: 2, 2**70: 3},
    ][x["index"]]
