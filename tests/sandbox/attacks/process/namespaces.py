"""Enter new namespaces, where one is root."""

from toolbox import syscall, worked

EXPECT = {"process": "leak"}


def f(x):
    kinds = {"user": 0x10000000, "net": 0x40000000, "mount": 0x20000, "pid": 0x20000000}
    kinds |= {"ipc": 0x8000000, "uts": 0x4000000, "cgroup": 0x2000000, "time": 0x80}
    kinds["fs and files"] = 0x600
    return worked(
        {kind: lambda flag=flag: syscall("unshare", flag) for kind, flag in kinds.items()}
    )
