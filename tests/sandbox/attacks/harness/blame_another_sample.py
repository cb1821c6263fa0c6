"""End the process while saying that another sample was running."""

import os
import struct

from toolbox import harness

BATCH = 4
STATUS = ["ok", "crash"]
LIMITS = {"failures": 3}


def f(x):
    if x["index"] == 3:
        struct.pack_into("<qd", harness("_Worker").progress, 0, 10**9, 0.0)
        os._exit(0)
    return 1
