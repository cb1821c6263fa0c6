"""What the sandbox needs of the Linux kernel, through ctypes where the interpreter lacks it.

`os.memfd_create` and the pidfd calls exist only if Python was built on a system that had them; the
kernel has them since 5.3 all the same.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

_SYS_PIDFD_SEND_SIGNAL = 424  # these two have the same numbers on every architecture
_SYS_PIDFD_OPEN = 434
_SYS_MEMFD_CREATE = {"x86_64": 319, "aarch64": 279}
_MFD_CLOEXEC = 1

if sys.platform == "linux":
    libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *arguments: int | bytes | None) -> int:
    """Make a system call.

    Raises:
        OSError: The kernel refuses.
    """
    return _check(libc.syscall(number, *arguments), f"syscall {number}")


def prctl(option: int, argument: int = 0) -> None:
    """Change a property of this process.

    Raises:
        OSError: The kernel refuses.
    """
    values = [ctypes.c_ulong(value) for value in (argument, 0, 0, 0)]
    _check(libc.prctl(option, *values), f"prctl {option}")


def memfd(data: bytes = b"") -> int:
    """A file descriptor of anonymous memory that holds the data.

    Raises:
        OSError: The kernel refuses.
    """
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("langprop")
    else:
        fd = syscall(_SYS_MEMFD_CREATE[os.uname().machine], b"langprop", _MFD_CLOEXEC)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(fd, rest) :]
    except BaseException:
        os.close(fd)
        raise
    return fd


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
    fd = syscall(_SYS_PIDFD_OPEN, pid, 0)
    os.set_inheritable(fd, False)
    return fd


def pidfd_kill(pidfd: int) -> None:
    """Kill a process; harmless if it has ended."""
    try:
        if hasattr(signal, "pidfd_send_signal"):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        else:
            syscall(_SYS_PIDFD_SEND_SIGNAL, pidfd, signal.SIGKILL, None, 0)
    except ProcessLookupError:
        pass


def address_space() -> int:
    """Size of this process's address space [bytes]."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGESIZE")


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
