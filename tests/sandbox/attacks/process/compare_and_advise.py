"""Look into other processes in less known ways."""

import ctypes
import os

from toolbox import syscall, worked

EXPECT = {"process": "leak"}


def f(x):
    pid, own = x["victim"], os.getpid()
    pages = (ctypes.c_ulong * 1)(x["victim_address"] & ~4095)
    status = (ctypes.c_int * 1)()
    fd = syscall("pidfd_open", pid, 0)
    vector = (ctypes.c_ulong * 2)(pages[0], 4096)
    return worked(
        {
            "kcmp": lambda: syscall("kcmp", own, pid, 1, 0, 0),
            "move_pages": lambda: syscall("move_pages", pid, 1, pages, None, status, 0),
            "migrate_pages": lambda: syscall("migrate_pages", pid, 64, pages, pages),
            "process_madvise": lambda: syscall("process_madvise", fd, vector, 1, 20, 0),
            "robust list": lambda: os.sched_getparam(pid) is not None,
            "nice of others": lambda: os.getpriority(os.PRIO_PROCESS, pid) is not None,
            "session of others": lambda: os.getsid(pid),
        }
    )
