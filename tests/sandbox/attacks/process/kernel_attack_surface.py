"""Calls that have had many bugs in the kernel: none should get that far."""

import ctypes

from toolbox import syscall, worked

EXPECT = {"process": "leak"}


def f(x):
    room = ctypes.create_string_buffer(256)
    return worked(
        {
            "bpf": lambda: syscall("bpf", 0, room, 72),
            "io_uring_setup": lambda: syscall("io_uring_setup", 4, room),
            "io_setup": lambda: syscall("io_setup", 4, room),
            "userfaultfd": lambda: syscall("userfaultfd", 1),
            "perf_event_open": lambda: syscall("perf_event_open", room, 0, -1, -1, 0),
            "keyctl": lambda: syscall("keyctl", 0, -3, 1),
            "add_key": lambda: syscall("add_key", b"user", b"x", b"y", 1, -1),
            "request_key": lambda: syscall("request_key", b"user", b"x", None, -1),
            "timerfd": lambda: syscall("timerfd_create", 0, 0),
            "signalfd": lambda: syscall("signalfd4", -1, room, 8, 0),
            "inotify": lambda: syscall("inotify_init1", 0),
            "fanotify": lambda: syscall("fanotify_init", 0x600, 0),
            "vmsplice": lambda: syscall("vmsplice", 1, room, 0, 0),
            "memfd_secret": lambda: syscall("memfd_secret", 0),
            "personality": lambda: syscall("personality", 0x0040000),
            "mbind": lambda: syscall("set_mempolicy", 0, None, 0),
            "pkey_alloc": lambda: syscall("pkey_alloc", 0, 0),
            "landlock": lambda: syscall("landlock_create_ruleset", None, 0, 1),
            "timer_create": lambda: syscall("timer_create", 1, None, room),
            "io_uring_register": lambda: syscall("io_uring_register", -1, 17, room, 1),
        }
    )
