"""Fork twice and leave the session, so that nobody knows whose child it is."""

import os
import time


def f(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)
    return {"worked": ["fork"]}
