"""A generator that hangs when it is closed."""

STATUS = ["timeout"]


def numbers():
    try:
        yield 1
    finally:
        while True:
            pass


def f(x):
    generator = numbers()
    return next(generator)
