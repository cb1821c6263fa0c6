"""Install a filter of one's own that lets everything through, or makes calls lie."""

import ctypes

from toolbox import syscall, worked

EXPECT = {"process": "leak"}


def f(x):
    allow = (ctypes.c_ushort * 4)(0x06, 0, 0, 0x7FFF)  # return SECCOMP_RET_ALLOW
    program = (ctypes.c_void_p * 2)(1, ctypes.addressof(allow))
    return worked(
        {
            "seccomp": lambda: syscall("seccomp", 1, 0, program),
            "seccomp notify": lambda: syscall("seccomp", 1, 8, program),
            "prctl": lambda: syscall("prctl", 22, 2, program, 0, 0),
        }
    )
