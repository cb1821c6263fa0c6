"""Start a process from a thread."""

import os
import threading


def f(x):
    found = []

    def start():
        if os.fork() == 0:
            os._exit(0)
        found.append("fork from a thread")

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    return {"worked": found}
