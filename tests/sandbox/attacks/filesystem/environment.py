"""Look for keys in the environment, the own one and that of the process as the kernel shows it."""

import os

from toolbox import read, secrets

EXPECT = {"process": "leak"}


def f(x):
    found = secrets(repr(dict(os.environ)))
    for pid in ("self", os.getppid(), x["trainer"], x["victim"], 1):
        try:
            found += secrets(read(f"/proc/{pid}/environ"))
        except OSError:
            pass
    return found
