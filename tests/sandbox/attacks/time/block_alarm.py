"""Block the alarm's signal, then loop."""

import signal

STATUS = ["timeout"]


def f(x):
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
    while True:
        pass
