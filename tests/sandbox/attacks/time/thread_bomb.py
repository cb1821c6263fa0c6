"""Start threads until it fails."""

import threading
import time

STATUS = ["ok", "exception", "timeout", "memory", "crash"]


def f(x):
    for _ in range(5_000):
        threading.Thread(target=time.sleep, args=(99,), daemon=True).start()
