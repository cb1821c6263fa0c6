"""Signal the parent, which is the zygote, and all ids near the own one."""

import os
import signal

from toolbox import worked


def f(x):
    near = {pid for pid in (os.getppid(), os.getpid() - 1, os.getpid() + 1) if pid > 1}
    return worked(
        {f"kill {pid}": lambda pid=pid: os.kill(pid, signal.SIGURG) is None for pid in near}
    )
