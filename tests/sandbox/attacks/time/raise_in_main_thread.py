"""A thread throws exceptions into the main thread: into the harness, once the call is over."""

import ctypes
import threading
import time

STATUS = ["ok", "exception", "timeout", "crash"]
MAIN = threading.get_ident()


def throw():
    while True:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(MAIN), ctypes.py_object(KeyboardInterrupt)
        )
        time.sleep(0.0005)


def f(x):
    threading.Thread(target=throw, daemon=True).start()
    return 1
