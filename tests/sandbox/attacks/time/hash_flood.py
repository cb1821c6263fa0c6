"""Fill a dict with keys of one hash: quadratic time."""

STATUS = ["timeout", "memory"]


class Key:
    def __hash__(self):
        return 1


def f(x):
    return len({Key(): None for _ in range(10**6)})
