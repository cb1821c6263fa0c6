"""Read what the kernel tells of itself."""

from toolbox import read, worked

EXPECT = {"process": "leak"}


def f(x):
    paths = ["/proc/sys/kernel/core_pattern", "/proc/kallsyms", "/proc/cmdline", "/proc/modules"]
    paths += ["/proc/net/tcp", "/proc/net/unix", "/proc/mounts", "/proc/keys", "/proc/locks"]
    return worked({path: lambda path=path: read(path) for path in paths})
