"""Leave a thread that the interpreter would wait for at its end."""

import threading
import time


def f(x):
    threading.Thread(target=time.sleep, args=(99,)).start()
    return 1
