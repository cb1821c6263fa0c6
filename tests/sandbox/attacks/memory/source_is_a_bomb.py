"""The script itself nests so deeply that parsing it is the attack."""

STATUS = ["exception", "memory", "crash", "timeout", "ok", "bad_output"]

# fmt: off
BOMB = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]  # noqa: E501
# fmt: on


def f(x):
    return BOMB
