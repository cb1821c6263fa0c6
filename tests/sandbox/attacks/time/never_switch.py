"""Tell the interpreter to switch threads once in a million seconds; let a thread spin."""

import sys
import threading

STATUS = ["timeout", "ok"]


def spin():
    while True:
        pass


def f(x):
    sys.setswitchinterval(10**6)
    threading.Thread(target=spin, daemon=True).start()
    return sum(range(10**6)) * 0
