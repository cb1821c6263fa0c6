"""Write into other processes' memory as a file."""

import os

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def write(pid, address):
        fd = os.open(f"/proc/{pid}/mem", os.O_RDWR)
        return os.pwrite(fd, os.pread(fd, 1, address), address)

    return worked(
        {
            "victim": lambda: write(x["victim"], x["victim_address"]),
            "trainer": lambda: write(x["trainer"], x["trainer_address"]),
        }
    )
