"""Stop the own process instead of ending it."""

import os
import signal

STATUS = ["ok", "timeout", "crash", "exception"]


def f(x):
    os.kill(os.getpid(), signal.SIGSTOP)
    return 1
