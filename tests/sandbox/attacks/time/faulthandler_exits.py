"""Have the interpreter ended from a thread of its own, in the middle of the next call."""

import faulthandler
import time

STATUS = ["ok", "crash", "timeout", "exception"]


def f(x):
    with open("/dev/null", "w") as nothing:
        faulthandler.dump_traceback_later(0.02, exit=True, file=nothing)
        time.sleep(0.05)
    return 1
