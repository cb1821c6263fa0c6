"""Attach to another process, or have the parent trace this one."""

from toolbox import syscall, worked


def f(x):
    return worked(
        {
            "attach": lambda: syscall("ptrace", 16, x["victim"], 0, 0),
            "seize": lambda: syscall("ptrace", 0x4206, x["victim"], 0, 0),
            "seize trainer": lambda: syscall("ptrace", 0x4206, x["trainer"], 0, 0),
            "traceme": lambda: syscall("ptrace", 0, 0, 0, 0),
        }
    )
