"""System calls by name: their numbers, and which of them a script may make.

Numbers are those of x86_64 and of aarch64 (64-bit only), from the kernel's unistd.h; None where an
architecture lacks the call. What isn't listed here can't be made at all.
"""

from __future__ import annotations

import platform
import sys

ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Machine → column of the tables, and number of the architecture in seccomp's data."""

_Numbers = dict[str, tuple[int | None, int | None]]

# What an interpreter needs that computes: memory, threads, time, and files that are open already.
# None of it reaches another process, a file by its name or a network.
COMPUTING: _Numbers = {
    # memory
    "brk": (12, 214),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "madvise": (28, 233),
    # files that are open
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "lseek": (8, 62),
    "close": (3, 57),
    "close_range": (436, 436),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "fstat": (5, 80),
    "fadvise64": (221, 223),
    "pipe": (22, None),
    "pipe2": (293, 59),
    "eventfd2": (290, 19),
    # waiting
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    # threads, and the end
    "exit": (60, 93),
    "exit_group": (231, 94),
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getcpu": (309, 168),
    "restart_syscall": (219, 128),
    "arch_prctl": (158, None),
    # signals to itself
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136),
    "rt_sigsuspend": (130, 133),
    "rt_sigtimedwait": (128, 137),
    "sigaltstack": (131, 132),
    "pause": (34, None),
    # time
    "time": (201, None),
    "gettimeofday": (96, 169),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "getitimer": (36, 102),
    "setitimer": (38, 103),
    "alarm": (37, None),
    "times": (100, 153),
    # who and where it is
    "getpid": (39, 172),
    "getppid": (110, 173),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "getresuid": (118, 148),
    "getresgid": (120, 150),
    "getgroups": (115, 158),
    "getpgrp": (111, None),
    "uname": (63, 160),
    "sysinfo": (99, 179),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "getrandom": (318, 278),
}

# Files by their names, which is what an import needs. Landlock says which ones.
PATHS: _Numbers = {
    "open": (2, None),
    "openat": (257, 56),
    "stat": (4, None),
    "lstat": (6, None),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getdents64": (217, 61),
    "getcwd": (79, 17),
}

# What starts processes, or reaches into others: denied where all else is allowed.
REACHING_OUT: _Numbers = {
    "fork": (57, None),
    "vfork": (58, None),
    "ptrace": (101, 117),
    "rt_sigqueueinfo": (129, 138),
    "tkill": (200, 130),
    "rt_tgsigqueueinfo": (297, 240),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
}

# Allowed or not by their arguments.
CONDITIONAL: _Numbers = {
    "clone": (56, 220),
    "clone3": (435, 435),
    "prlimit64": (302, 261),
    "ioctl": (16, 29),
    "fcntl": (72, 25),
    "kill": (62, 129),
    "tgkill": (234, 131),
}

# What the sandbox itself calls.
_OWN: _Numbers = {
    "capset": (126, 91),
    "memfd_create": (319, 279),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
}


def is_known() -> bool:
    """Whether this machine's calls are in the tables."""
    return platform.machine() in ARCHITECTURES and sys.maxsize > 1 << 32


def numbers(table: _Numbers) -> dict[str, int]:
    """Name → number on this machine, without the calls that it lacks."""
    column, _ = ARCHITECTURES[platform.machine()]
    return {name: row[column] for name, row in table.items() if row[column] is not None}  # type: ignore[misc]


def own(name: str) -> int:
    """Number of a call that the sandbox makes; -1, which no kernel has, on other machines."""
    column, _ = ARCHITECTURES.get(platform.machine(), (0, 0))
    number = _OWN[name][column] if is_known() or _OWN[name][0] == _OWN[name][1] else None
    return -1 if number is None else number
