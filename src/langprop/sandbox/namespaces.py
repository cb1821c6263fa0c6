"""Namespaces: a network, processes, mounts and IPC of the sandbox's own.

The zygote enters a user namespace, where it may do what takes root elsewhere, and with it the
others. Each script's process then gets a process namespace to itself: it is number 1 there, sees
nobody, and whatever it may have started dies with it.

Source: user_namespaces(7), pid_namespaces(7).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from langprop.sandbox import linux

_KINDS = ("user", "net", "ipc", "mnt")
_NEW = (
    linux.CLONE_NEWUSER
    | linux.CLONE_NEWNET
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
    | linux.CLONE_NEWNS
    | linux.CLONE_NEWPID
)
_NOBODY = 65534
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000


def identities() -> dict[str, str]:
    """Which namespaces this process is in, as the kernel names them; empty where it doesn't."""
    own = Path("/proc/self/ns")
    return {kind: str((own / kind).readlink()) for kind in _KINDS} if own.exists() else {}


class Namespaces:
    """Namespaces that this process has entered.

    What goes on in them is another process, a child of the one that this was called in; that one
    waits for its end. Must be made while the process has one thread. First a process of its own
    tries it: to fail half way would leave this one unable to fork.

    Args:
        kept: Descriptors that must be open in one process only.

    Attributes:
        identities: Which ones, as the kernel names them.

    Raises:
        OSError: The kernel refuses; this process is as it was.
    """

    def __init__(self, kept: Iterable[int] = ()) -> None:
        uid, gid = os.getuid(), os.getgid()
        _try(uid, gid)
        _enter(uid, gid)
        child = os.fork()
        if child:
            _wait_for(child, kept)
        self.identities = identities()
        self._processes = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def __str__(self) -> str:
        return "namespaces"

    def before_fork(self) -> None:
        """Have the next fork's child be the first process of a new process namespace.

        Raises:
            OSError: The kernel refuses, most likely as there are too many namespaces.
        """
        linux.setns(self._processes, linux.CLONE_NEWPID)
        linux.unshare(linux.CLONE_NEWPID)


def _enter(uid: int, gid: int) -> None:
    """Enter them all but for processes, where the next child will be."""
    linux.unshare(_NEW)
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny", encoding="ascii")
    (own / "uid_map").write_text(f"{_NOBODY} {uid} 1", encoding="ascii")
    (own / "gid_map").write_text(f"{_NOBODY} {gid} 1", encoding="ascii")


def hide_processes() -> None:
    """Cover /proc, which shows the processes of the machine.

    Raises:
        OSError: The kernel refuses.
    """
    linux.mount("none", "/", "none", _MS_REC | _MS_PRIVATE)
    flags = _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    linux.mount("none", "/proc", "tmpfs", flags, "size=4k,nr_inodes=2,mode=555")


def _try(uid: int, gid: int) -> None:
    """Do all of it in processes that end."""

    def attempt() -> None:
        _enter(uid, gid)
        linux.in_child(hide_processes)

    linux.in_child(attempt)


def _wait_for(child: int, kept: Iterable[int]) -> NoReturn:
    """Be nothing but the parent: end as the child ends, and the other way round."""
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    for fd in kept:
        os.close(fd)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)
