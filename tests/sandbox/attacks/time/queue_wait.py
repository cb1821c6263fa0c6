"""Wait for an item that nobody will bring."""

import queue

STATUS = ["timeout"]


def f(x):
    return queue.Queue().get()
