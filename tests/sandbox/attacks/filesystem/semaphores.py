"""Use a lock that processes share."""

import multiprocessing

EXPECT = {"process": "leak"}


def f(x):
    lock = multiprocessing.get_context("fork").Lock()
    lock.acquire()
    return {"worked": ["a shared lock"]}
