"""Install handlers for all signals, and send them to oneself."""

import os
import signal

STATUS = ["ok", "exception", "crash", "timeout"]


def handler(number, frame):
    raise KeyboardInterrupt


def f(x):
    for number in range(1, 32):
        try:
            signal.signal(number, handler)
        except (OSError, ValueError):
            pass
    for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM, signal.SIGSEGV):
        os.kill(os.getpid(), number)
    return 1
