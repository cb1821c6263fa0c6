"""Lock a file for ever, and ask to be told of its use."""

import fcntl
import os

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def lock(action):
        fd = os.open(x["labels_file"], os.O_RDONLY)
        action(fd)
        return True

    return worked(
        {
            "flock": lambda: lock(lambda fd: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)),
            "lease": lambda: lock(lambda fd: fcntl.fcntl(fd, 1024, fcntl.F_RDLCK)),
            "notify": lambda: lock(lambda fd: fcntl.fcntl(os.open(x["home"], 0), 1026, 2)),
        }
    )
