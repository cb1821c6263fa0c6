"""Leave a daemon thread that spins, and answer."""

import threading

STATUS = ["ok", "timeout"]


def spin():
    while True:
        pass


def f(x):
    threading.Thread(target=spin, daemon=True).start()
    return 1
