"""Have a process started by a server of `multiprocessing`."""

import multiprocessing

STATUS = ["exception", "timeout"]


def f(x):
    process = multiprocessing.get_context("spawn").Process(target=abs, args=(1,))
    process.start()
    process.join()
    return {"worked": ["spawn"]}
