"""Have the kernel connect on one's behalf, past all filters: by io_uring."""

import ctypes

from toolbox import syscall, worked

EXPECT = {"process": "leak"}


def f(x):
    parameters = ctypes.create_string_buffer(120)
    return worked(
        {
            "setup": lambda: syscall("io_uring_setup", 8, parameters),
            "enter": lambda: syscall("io_uring_enter", -1, 0, 0, 1 << 4, None, 0) == 0,
        }
    )
