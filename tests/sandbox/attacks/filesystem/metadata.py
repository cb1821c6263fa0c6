"""Learn that files exist, how large they are and when they were changed.

Landlock doesn't hide that; a sandbox without calls for paths does, and so does bubblewrap.
"""

import os

from toolbox import syscall, worked

EXPECT = {"process": "leak", "auto": "leak", "kernel": "leak"}


def f(x):
    path = x["key_file"]
    return worked(
        {
            "stat": lambda: os.stat(path).st_size,
            "access": lambda: os.access(path, os.F_OK),
            "readlink": lambda: os.readlink(x["home"] + "/link"),
            "attributes": lambda: syscall("getxattr", path.encode(), b"user.x", None, 0),
            "O_PATH": lambda: os.open(path, os.O_PATH),
        }
    )
