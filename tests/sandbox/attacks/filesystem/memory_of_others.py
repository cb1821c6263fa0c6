"""Read other processes' memory as a file."""

import os

from toolbox import secrets

EXPECT = {"process": "leak"}


def f(x):
    found = []
    for pid, place in ((x["victim"], "victim_address"), (x["trainer"], "trainer_address")):
        try:
            fd = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
            found += secrets(os.pread(fd, 64, x[place]))
        except OSError:
            pass
    return found
