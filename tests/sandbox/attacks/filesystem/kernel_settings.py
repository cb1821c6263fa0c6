"""Open the kernel's settings for writing; nothing is written."""

import os

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    paths = [
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/vm/overcommit_memory",
        "/proc/sysrq-trigger",
    ]
    paths += ["/sys/kernel/mm/ksm/run", "/proc/sys/kernel/modprobe", "/sys/power/state"]
    return worked({path: lambda path=path: os.open(path, os.O_WRONLY) for path in paths})
