"""A thread in C code keeps the interpreter's lock, so that nobody can be told of the time."""

import ctypes
import threading

STATUS = ["timeout", "crash"]


def f(x):
    libc = ctypes.PyDLL(None)
    threading.Thread(target=libc.sleep, args=(60,), daemon=True).start()
    while True:
        pass
