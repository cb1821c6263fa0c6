"""Open disks, memory, terminals and other devices."""

import os

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    paths = [
        "/dev/mem",
        "/dev/kmem",
        "/dev/port",
        "/dev/vda",
        "/dev/sda",
        "/dev/nvme0n1",
        "/dev/ptmx",
    ]
    paths += [
        "/dev/fuse",
        "/dev/kvm",
        "/dev/net/tun",
        "/dev/loop-control",
        "/dev/uinput",
        "/dev/zero",
    ]
    return worked({path: lambda path=path: os.open(path, os.O_RDONLY) for path in paths})
