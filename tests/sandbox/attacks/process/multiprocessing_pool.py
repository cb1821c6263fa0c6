"""Use a pool of processes."""

import multiprocessing

STATUS = ["exception", "timeout"]


def f(x):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return {"worked": [str(pool.map(abs, [-1]))]}
