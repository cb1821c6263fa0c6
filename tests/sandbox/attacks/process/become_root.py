"""Change the user, groups and capabilities."""

import ctypes
import os

from toolbox import libc, syscall, worked


def f(x):
    header = (ctypes.c_uint * 2)(0x20080522, 0)
    everything = (ctypes.c_uint * 6)(*[2**32 - 1] * 6)
    was = os.getuid(), os.geteuid(), os.getgroups()

    def new(action):
        return lambda: action() in (0, None) and (os.getuid(), os.geteuid(), os.getgroups()) != was

    return worked(
        {
            "setuid": new(lambda: syscall("setuid", 0 if was[0] else 1)),
            "setresuid": new(lambda: syscall("setresuid", 1, 1, 1)),
            "setgroups": new(lambda: syscall("setgroups", 1, (ctypes.c_uint * 1)(0))),
            "capset": lambda: libc.capset(header, everything) == 0,
        }
    )
