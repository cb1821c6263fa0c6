"""Write to the descriptors of the standard streams, past Python's own."""

import os


def f(x):
    for fd in (0, 1, 2):
        try:
            os.write(fd, b"x" * 10**6)
        except OSError:
            pass
    return 1
