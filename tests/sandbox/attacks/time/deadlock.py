"""Wait for a lock that nobody will open."""

import threading

STATUS = ["timeout"]


def f(x):
    lock = threading.Lock()
    lock.acquire()
    while True:
        try:
            lock.acquire()
        except BaseException:
            pass
