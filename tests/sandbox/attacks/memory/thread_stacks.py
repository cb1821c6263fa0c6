"""Threads with huge stacks."""

import threading
import time

STATUS = ["exception", "memory"]


def f(x):
    threading.stack_size(128 << 20)
    for _ in range(50):
        threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
