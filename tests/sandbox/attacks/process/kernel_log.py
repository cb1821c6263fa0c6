"""Read the kernel's log, which may hold addresses and names."""

import ctypes

from toolbox import syscall, worked

EXPECT = {"process": "leak"}


def f(x):
    room = ctypes.create_string_buffer(4096)
    return worked(
        {
            "size": lambda: syscall("syslog", 10, None, 0),
            "read": lambda: syscall("syslog", 3, room, 4096),
            "/dev/kmsg": lambda: len(open("/dev/kmsg", "rb", buffering=0).read(100)),
        }
    )
