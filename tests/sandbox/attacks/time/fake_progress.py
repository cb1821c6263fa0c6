"""Have a thread say all the time that a new call has just begun, and hang."""

import struct
import threading
import time

from toolbox import harness

STATUS = ["timeout"]


def f(x):
    worker = harness("_Worker")

    def beat():
        while True:
            struct.pack_into("<qd", worker.progress, 0, 1, time.perf_counter())
            time.sleep(0.01)

    threading.Thread(target=beat, daemon=True).start()
    while True:
        try:
            time.sleep(99)
        except BaseException:
            pass
