"""Look at who else is there: command lines, memory maps, mounts."""

import os

from toolbox import read, worked

EXPECT = {"process": "leak"}


def f(x):
    pid = x["victim"]
    names = ["cmdline", "maps", "mountinfo", "status", "stat", "cgroup", "limits", "sched"]
    attempts = {name: lambda name=name: read(f"/proc/{pid}/{name}") for name in names}
    attempts["exe"] = lambda: os.readlink(f"/proc/{pid}/exe")
    attempts["count"] = lambda: any(name == str(pid) for name in os.listdir("/proc"))
    return worked(attempts)
