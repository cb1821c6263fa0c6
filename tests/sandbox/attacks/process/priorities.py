"""Change priorities and cores, the own and those of others."""

import os

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    pid = x["victim"]
    return worked(
        {
            "nice of others": lambda: os.setpriority(os.PRIO_PROCESS, pid, 5) is None,
            "cores of others": lambda: os.sched_setaffinity(pid, {0}) is None,
            "idle": lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)) is None,
            "own nice": lambda: os.nice(-5),
            "real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)) is None,
            "own cores": lambda: os.sched_setaffinity(0, {0}) is None,
        }
    )
