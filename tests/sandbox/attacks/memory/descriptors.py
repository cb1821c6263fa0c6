"""Use up file descriptors: only the own ones."""

import os


def f(x):
    count = 0
    try:
        while count < 10_000:
            os.dup(1)
            count += 1
    except OSError:
        pass
    return {"worked": [f"{count} descriptors"] if count > 100 else []}
