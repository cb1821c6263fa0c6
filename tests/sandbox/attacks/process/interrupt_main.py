"""Simulate ^C in the main thread."""

import _thread
import os
import signal

STATUS = ["ok", "exception", "crash"]


def f(x):
    if x["index"]:
        os.kill(os.getpid(), signal.SIGINT)
    else:
        _thread.interrupt_main()
    return 1
