"""Ignore the alarm's signal, then loop."""

import signal

STATUS = ["timeout"]


def f(x):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        pass
