"""Switch the alarm's timer off, then loop."""

import signal

STATUS = ["timeout"]


def f(x):
    signal.setitimer(signal.ITIMER_REAL, 0)
    while True:
        pass
