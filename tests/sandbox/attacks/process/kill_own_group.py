"""Kill the own process group, and group 0."""

import os
import signal

STATUS = ["ok", "crash", "timeout", "exception"]


def f(x):
    try:
        os.killpg(os.getpgrp(), signal.SIGKILL)
    finally:
        os.kill(0, signal.SIGKILL)
