"""Signal all processes at once; the signal is one that harms none."""

import os
import signal

from toolbox import syscall


def f(x):
    syscall("kill", -1, signal.SIGURG)
    os.kill(-1, signal.SIGURG)
