"""Use what the kernel shows of the own process: memory as a file, maps, settings."""

import os

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def write(name, data):
        fd = os.open(f"/proc/self/{name}", os.O_RDWR)
        return os.write(fd, data)

    value = bytearray(b"abc")
    address = id(value)
    return worked(
        {
            "mem": lambda: os.pread(os.open("/proc/self/mem", os.O_RDWR), 8, address),
            "maps": lambda: open("/proc/self/maps").read(100),
            "oom_score_adj": lambda: write("oom_score_adj", b"1000"),
            "clear_refs": lambda: write("clear_refs", b"1"),
            "coredump_filter": lambda: write("coredump_filter", b"0"),
            "uid_map": lambda: write("uid_map", b"0 0 1"),
            "comm": lambda: write("comm", b"init"),
        }
    )
