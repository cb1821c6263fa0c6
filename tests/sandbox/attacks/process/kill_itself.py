"""Kill the own process with each signal there is."""

import os
import signal

STATUS = ["ok", "crash", "timeout", "exception"]


def f(x):
    for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGKILL):
        os.kill(os.getpid(), number)
    return 1
