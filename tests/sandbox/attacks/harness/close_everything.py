"""Close all descriptors."""

import os

STATUS = ["crash", "exception", "timeout"]


def f(x):
    os.closerange(0, 5_000)
    return 1
