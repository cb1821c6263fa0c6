"""A context manager whose exit says that nothing has happened."""

STATUS = ["timeout"]


class Calm:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return True


def f(x):
    while True:
        with Calm():
            while True:
                x["index"] += 1
