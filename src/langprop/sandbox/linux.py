"""What the sandbox needs of the Linux kernel, through ctypes where the interpreter lacks it.

`os.memfd_create` and the pidfd calls exist only if Python was built on a system that had them; the
kernel has them since 5.3 all the same.
"""

from __future__ import annotations

import ctypes
import errno
import math
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from langprop.sandbox import syscalls

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

CLONE_NEWNS = 0x20000
CLONE_NEWUTS = 0x4000000
CLONE_NEWIPC = 0x8000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

_MFD_CLOEXEC = 1
_CAPABILITY_VERSION = 0x20080522

if sys.platform == "linux":
    libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *arguments: Any) -> int:
    """Make a system call.

    Raises:
        OSError: The kernel refuses.
    """
    values = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _check(libc.syscall(ctypes.c_long(number), *values), f"syscall {number}")


def prctl(option: int, argument: int = 0, second: int = 0) -> None:
    """Change a property of this process.

    Raises:
        OSError: The kernel refuses.
    """
    values = [ctypes.c_ulong(value) for value in (argument, second, 0, 0)]
    _check(libc.prctl(option, *values), f"prctl {option}")


def unshare(flags: int) -> None:
    """Leave namespaces for new ones; `os.unshare` exists only since Python 3.12.

    Raises:
        OSError: The kernel refuses.
    """
    _check(libc.unshare(ctypes.c_int(flags)), f"unshare {flags:#x}")


def setns(fd: int, flags: int) -> None:
    """Enter a namespace.

    Raises:
        OSError: The kernel refuses.
    """
    _check(libc.setns(ctypes.c_int(fd), ctypes.c_int(flags)), "setns")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount a file system.

    Raises:
        OSError: The kernel refuses.
    """
    texts = [text.encode() for text in (source, target, kind)]
    result = libc.mount(*texts, ctypes.c_ulong(flags), data.encode() or None)
    _check(result, f"mount {kind} on {target}")


def drop_capabilities() -> None:
    """Give up root's powers, and those that come with a user namespace.

    Raises:
        OSError: The kernel refuses.
    """
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    syscall(syscalls.own("capset"), header, bytes(24))


def memfd(*parts: bytes | memoryview) -> int:
    """A file descriptor of anonymous memory that holds the parts, one after the other.

    Raises:
        OSError: The kernel refuses, or files may not be as large.
    """
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("langprop")
    else:
        fd = syscall(syscalls.own("memfd_create"), b"langprop", _MFD_CLOEXEC)
    try:
        for part in parts:
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(fd, rest) :]
    except BaseException as error:
        os.close(fd)
        if _is_too_large(error):
            raise _too_large() from error
        raise
    return fd


def write_at(fd: int, data: bytes | memoryview, place: int) -> int:
    """Write to a memory file: where the data ends.

    Raises:
        OSError: There is no memory for it, or files may not be as large.
    """
    rest = memoryview(data)
    try:
        while rest:
            count = os.pwrite(fd, rest, place)
            place, rest = place + count, rest[count:]
    except OSError as error:
        if _is_too_large(error):
            raise _too_large() from error
        raise
    return place


def largest_file() -> float:
    """Size that a file, and with it a memory file, may have in this process [bytes]."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return math.inf if limit == resource.RLIM_INFINITY else limit


def _is_too_large(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno == errno.EFBIG


def _too_large() -> OSError:
    return OSError(
        errno.EFBIG,
        "what goes to the sandbox is too large for a file, and shared memory counts as one: files "
        f"are limited to {largest_file():,} bytes here. Raise that limit:  ulimit -f unlimited",
    )


def read_all(fd: int) -> bytes:
    """The whole content of a memory file, wherever its position is."""
    size, parts, place = os.fstat(fd).st_size, [], 0
    while place < size:
        part = os.pread(fd, size - place, place)  # at most 2 GB at once
        if not part:
            break
        parts.append(part)
        place += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def pidfd_open(pid: int) -> int:
    """A descriptor of a process, which can't come to mean another process.

    Raises:
        OSError: There is no such process, or the kernel is older than 5.3.
    """
    if hasattr(os, "pidfd_open"):
        return os.pidfd_open(pid)
    fd = syscall(syscalls.own("pidfd_open"), pid, 0)
    os.set_inheritable(fd, False)
    return fd


def pidfd_kill(pidfd: int) -> None:
    """Kill a process; harmless if it has ended."""
    try:
        if hasattr(signal, "pidfd_send_signal"):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        else:
            syscall(syscalls.own("pidfd_send_signal"), pidfd, signal.SIGKILL, None, 0)
    except ProcessLookupError:
        pass


def address_space(statm: int) -> int:
    """Size of a process's address space [bytes].

    Args:
        statm: Descriptor of its `/proc/PID/statm`.
    """
    pages = int(os.pread(statm, 256, 0).split()[0])
    return pages * os.sysconf("SC_PAGESIZE")


def in_child(action: Callable[[], object]) -> None:
    """Try something in a child process, which then ends.

    Raises:
        OSError: What the action raised there; for anything else, EINVAL.
    """
    pid = os.fork()
    if pid == 0:
        code = errno.EINVAL
        try:
            action()
            code = 0
        except OSError as error:
            code = error.errno or code
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        raise OSError(abs(code), os.strerror(abs(code)))


def count_tasks(uid: int) -> int:
    """Number of threads that a user runs on this machine; what RLIMIT_NPROC counts."""
    count = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == uid:
                    count += sum(1 for _ in Path(f"/proc/{entry.name}/task").iterdir())
            except OSError:  # it has ended
                continue
    return count


def limit(which: int, soft: int, hard: int | None = None) -> None:
    """Lower a resource limit; what is lower already stays."""
    highest = resource.getrlimit(which)[1]
    hard = soft if hard is None else hard
    if highest != resource.RLIM_INFINITY:
        soft, hard = min(soft, highest), min(hard, highest)
    resource.setrlimit(which, (soft, hard))


def n_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1
