"""Fork by the raw system calls that can."""

import ctypes

from toolbox import libc, syscall


def f(x):
    found = []
    args = (ctypes.c_ulong * 11)(0, 0, 0, 0, 17)  # clone3: exit signal SIGCHLD
    calls = {
        "fork": lambda: syscall("fork"),
        "clone": lambda: syscall("clone", 17, 0, 0, 0, 0),
        "clone with CLONE_VM": lambda: syscall("clone", 0x4111, 0, 0, 0, 0),
        "clone with CLONE_PARENT": lambda: syscall("clone", 0x8011, 0, 0, 0, 0),
        "clone with high bits": lambda: syscall("clone", 17 | 1 << 40, 0, 0, 0, 0),
        "clone3": lambda: syscall("clone3", ctypes.byref(args), 88),
    }
    for name, call in calls.items():
        pid = call()
        if pid == 0:
            libc._exit(0)
        if pid > 0:
            found.append(name)
    return {"worked": found}
