"""What hostile scripts share. It runs inside the sandbox: the arena puts it before each script."""

import ctypes
import errno
import os
import platform
import re

SECRET = re.compile(rb"LP-SECRET-[0-9a-f]{32}")
"""What every token of the decoys looks like; scripts know the form, but no token."""

libc = ctypes.CDLL(None, use_errno=True)

# Name → number on x86_64 and aarch64; None where an architecture lacks the call.
_CALLS = {
    "accept4": (288, 242),
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chmod": (90, None),
    "chroot": (161, 51),
    "clone": (56, 220),
    "clone3": (435, 435),
    "close": (3, 57),
    "connect": (42, 203),
    "delete_module": (176, 106),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fallocate": (285, 47),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "fchmodat": (268, 53),
    "fcntl": (72, 25),
    "finit_module": (313, 273),
    "flock": (73, 32),
    "fork": (57, None),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "ftruncate": (77, 46),
    "futex_waitv": (449, 449),
    "get_mempolicy": (239, 236),
    "getxattr": (191, 8),
    "init_module": (175, 105),
    "inotify_add_watch": (254, 27),
    "inotify_init1": (294, 26),
    "io_setup": (206, 0),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "kill": (62, 129),
    "landlock_add_rule": (445, 445),
    "landlock_create_ruleset": (444, 444),
    "lookup_dcookie": (212, 18),
    "madvise": (28, 233),
    "mbind": (237, 235),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "mlockall": (151, 230),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "openat": (257, 56),
    "openat2": (437, 437),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41),
    "pkey_alloc": (330, 289),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "seccomp": (317, 277),
    "semget": (64, 190),
    "sendfile": (40, 71),
    "set_mempolicy": (238, 237),
    "setdomainname": (171, 162),
    "setgid": (106, 144),
    "setgroups": (116, 159),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "setpgid": (109, 154),
    "setpriority": (141, 140),
    "setresuid": (117, 147),
    "setrlimit": (160, 164),
    "setsid": (112, 157),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "setuid": (105, 146),
    "setxattr": (188, 5),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmget": (29, 194),
    "signalfd4": (289, 74),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "splice": (275, 76),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "symlinkat": (266, 36),
    "syslog": (103, 116),
    "tee": (276, 77),
    "tgkill": (234, 131),
    "timer_create": (222, 107),
    "timerfd_create": (283, 85),
    "tkill": (200, 130),
    "truncate": (76, 45),
    "umount2": (166, 39),
    "unlinkat": (263, 35),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "utimensat": (280, 88),
    "vfork": (58, None),
    "vhangup": (153, 58),
    "vmsplice": (278, 75),
}
_COLUMN = {"x86_64": 0, "aarch64": 1}.get(platform.machine())


def syscall(name, *arguments):
    """Make a system call by its name; the result, or minus the error number."""
    number = None if _COLUMN is None else _CALLS[name][_COLUMN]
    if number is None:
        return -errno.ENOSYS
    values = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = libc.syscall(ctypes.c_long(number), *values)
    return -ctypes.get_errno() if result == -1 else result


def worked(attempts):
    """Make attempts; names of those that gave something: no exception, no error number, not None.

    Args:
        attempts: Name → what to try.
    """
    names = []
    for name, attempt in attempts.items():
        try:
            result = attempt()
        except Exception:
            continue
        if result is None or result is False or (type(result) is int and result < 0):
            continue
        names.append(name)
    return {"worked": names}


def secrets(*parts):
    """Tokens in bytes or text; or a name of what was read, if it held none."""
    found = []
    for part in parts:
        data = part.encode("utf-8", "replace") if isinstance(part, str) else part
        found += [match.decode() for match in SECRET.findall(data)]
    return found


def read(path):
    """Content of a file, at most 1 MB."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 1 << 20)
    finally:
        os.close(fd)


def peek(address, size):
    """Own memory, without a crash where there is none: the kernel reads it into a pipe."""
    source, sink = os.pipe()
    try:
        libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
        libc.write.restype = ctypes.c_ssize_t
        sent = libc.write(sink, ctypes.c_void_p(address), min(size, 32_768))
        return os.read(source, sent) if sent > 0 else b""
    finally:
        os.close(source)
        os.close(sink)


def frames():
    """All frames of this thread, from the script's outwards."""
    import sys

    frame, found = sys._getframe(1), []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


def harness(kind):
    """An object of the sandbox's own machinery, by the name of its type, out of the frames."""
    todo = [value for frame in frames() for value in frame.f_locals.values()]
    seen = set()
    for _ in range(5):
        more = []
        for value in todo:
            if id(value) in seen:
                continue
            seen.add(id(value))
            if type(value).__name__ == kind:
                return value
            if type(value).__module__.startswith("langprop."):
                slots = [name for name in getattr(type(value), "__slots__", ())]
                more += list(getattr(value, "__dict__", {}).values())
                more += [getattr(value, name, None) for name in slots]
            elif callable(value) and getattr(value, "__closure__", None):
                more += [cell.cell_contents for cell in value.__closure__]
        todo = more
    return None


def channel():
    """Descriptor that results go to: the harness's own, or the first pipe or socket."""
    import stat

    writer = harness("FrameWriter")
    if writer is not None:
        return writer._fd

    for fd in [1000, 1001, *range(3, 64)]:
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            return fd
    raise OSError("no channel")


def run_code(code, *arguments):
    """Run machine code as a function of integers."""
    import mmap

    memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    kind = ctypes.CFUNCTYPE(ctypes.c_long, *[ctypes.c_long] * len(arguments))
    return kind(address)(*arguments)
