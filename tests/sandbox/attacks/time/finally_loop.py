"""Loop on in `finally` after the timeout."""

STATUS = ["timeout"]


def f(x):
    try:
        while True:
            x["index"] += 1
    finally:
        while True:
            x["index"] += 1
