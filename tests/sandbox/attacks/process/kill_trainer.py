"""Signal the trainer."""

import os
import signal


def f(x):
    os.kill(x["trainer"], signal.SIGURG)
