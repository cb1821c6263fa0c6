"""Say that the call begins in a thousand years, and hang."""

import struct
import time

from toolbox import harness

STATUS = ["timeout"]


def f(x):
    struct.pack_into("<qd", harness("_Worker").progress, 0, -7, 1e300)
    while True:
        try:
            time.sleep(99)
        except BaseException:
            pass
