"""What an administrator does, in forms that would change nothing if they went through."""

import ctypes

from toolbox import syscall, worked


def f(x):
    room = ctypes.create_string_buffer(256)
    return worked(
        {
            "acct": lambda: syscall("acct", b"/nonexistent/acct"),
            "swapon": lambda: syscall("swapon", b"/nonexistent/swap", 0),
            "reboot": lambda: syscall("reboot", 0, 0, 0, 0),
            "kexec_load": lambda: syscall("kexec_load", 0, 0, None, 1 << 20),
            "init_module": lambda: syscall("init_module", room, 0, b""),
            "delete_module": lambda: syscall("delete_module", b"no-such-module", 0x800),
            "sethostname": lambda: syscall("sethostname", room, 1 << 20),
            "settimeofday": lambda: syscall("settimeofday", room, (ctypes.c_int * 2)(9999, 9)),
            "clock_settime": lambda: syscall("clock_settime", 0, (ctypes.c_long * 2)(0, 1 << 40)),
            "quotactl": lambda: syscall("quotactl", 0x80000100, b"/dev/none", 0, room),
            "iopl": lambda: syscall("iopl", 3),
            "ioperm": lambda: syscall("ioperm", 0x3F8, 1, 1),
            "pivot_root": lambda: syscall("pivot_root", b"/nonexistent", b"/nonexistent"),
        }
    )
