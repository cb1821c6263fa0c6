"""Talk to a rival by the machine's load and clocks: not prevented; by names of threads: it is."""

import os

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    return worked(
        {
            "/proc/loadavg": lambda: open("/proc/loadavg").read(),
            "threads": lambda: os.listdir("/proc/self/task"),
            "pipes": lambda: open("/proc/sys/fs/pipe-user-pages-soft").read(),
            "pressure": lambda: open("/proc/pressure/cpu").read(),
        }
    )
