"""Print 1 GB, in pieces."""

STATUS = ["ok", "timeout"]


def f(x):
    text = "x" * 10**6
    for _ in range(1_000):
        print(text)
    return 1
