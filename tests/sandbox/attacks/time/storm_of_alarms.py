"""Set the alarm's timer to a microsecond, so that nothing but its handler runs."""

import signal

STATUS = ["timeout", "ok", "exception", "crash"]


def f(x):
    signal.setitimer(signal.ITIMER_REAL, 1e-6, 1e-6)
    return sum(range(10**5))
