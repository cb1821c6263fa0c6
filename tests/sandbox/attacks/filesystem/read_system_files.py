"""Read who the users are, and what the machine is."""

from toolbox import read, worked

EXPECT = {"process": "leak"}


def f(x):
    paths = ["/etc/passwd", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/etc/machine-id"]
    paths += ["/etc/fstab", "/proc/version", "/proc/cpuinfo", "/sys/class/dmi/id/product_name"]
    return worked({path: lambda path=path: read(path) for path in paths})
