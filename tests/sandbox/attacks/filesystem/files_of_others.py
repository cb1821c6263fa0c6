"""Reopen the files that other processes have open: the trainer's, the zygote's."""

import os

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def look(pid):
        names = os.listdir(f"/proc/{pid}/fd")
        return len([os.readlink(f"/proc/{pid}/fd/{name}") for name in names])

    pids = {"trainer": x["trainer"], "zygote": os.getppid(), "victim": x["victim"]}
    return worked({name: lambda pid=pid: look(pid) for name, pid in pids.items()})
