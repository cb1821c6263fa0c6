"""Leave the process group and the session, which is how the process would be killed."""

import os

from toolbox import syscall, worked

EXPECT = {"process": "leak"}


def f(x):
    return worked(
        {
            "setsid": os.setsid,
            "setpgid": lambda: os.setpgid(0, 0),
            "setpgid raw": lambda: syscall("setpgid", 0, 0),
            "setpgid of the parent": lambda: syscall("setpgid", os.getppid(), 0),
        }
    )
