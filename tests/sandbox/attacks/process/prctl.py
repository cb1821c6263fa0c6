"""Switch off what protects: the parent's death signal, the filter, no-new-privs."""

from toolbox import syscall, worked

EXPECT = {"process": "leak"}


def f(x):
    return worked(
        {
            "PDEATHSIG off": lambda: syscall("prctl", 1, 0, 0, 0, 0),
            "NO_NEW_PRIVS off": lambda: syscall("prctl", 38, 0, 0, 0, 0),
            "seccomp off": lambda: syscall("prctl", 22, 0, 0, 0, 0),
            "dumpable": lambda: syscall("prctl", 4, 1, 0, 0, 0),
            "PTRACER any": lambda: syscall("prctl", 0x59616D61, -1, 0, 0, 0),
            "subreaper": lambda: syscall("prctl", 36, 1, 0, 0, 0),
            "keep capabilities": lambda: syscall("prctl", 8, 1, 0, 0, 0),
            "securebits": lambda: syscall("prctl", 28, 0, 0, 0, 0),
            "memory map": lambda: syscall("prctl", 35, 9, 1, 0, 0),
        }
    )
