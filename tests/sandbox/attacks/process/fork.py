"""Fork, and leave a process that stays."""

import os
import time


def f(x):
    pid = os.fork()
    if pid == 0:
        time.sleep(60)
        os._exit(0)
    return {"worked": ["fork"]}
