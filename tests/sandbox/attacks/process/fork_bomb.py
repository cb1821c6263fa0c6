"""Fork, and have the children fork: a few only."""

import os
import time


def f(x):
    for _ in range(4):
        if os.fork() == 0:
            time.sleep(1)
    return {"worked": ["fork"]}
