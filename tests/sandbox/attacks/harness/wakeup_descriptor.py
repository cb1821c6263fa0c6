"""Have the interpreter write the number of each signal into the channel of the results."""

import os
import signal

from toolbox import channel

STATUS = ["ok", "exception", "crash", "timeout"]


def f(x):
    fd = channel()
    os.set_blocking(fd, False)
    signal.set_wakeup_fd(fd, warn_on_full_buffer=False)
    signal.raise_signal(signal.SIGALRM)
    return 1
