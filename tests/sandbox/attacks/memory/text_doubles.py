"""Text that doubles."""

LIMITS = {"time": 2.0}
STATUS = ["memory"]


def f(x):
    text = "a"
    while True:
        text += text
