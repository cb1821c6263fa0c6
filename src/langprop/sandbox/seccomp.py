"""Seccomp: kernel filters that say which system calls a script may make.

What is denied gives EPERM, which Python shows as a `PermissionError` with the script's line.

Source: seccomp(2); classic BPF as in linux/filter.h.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from typing import Literal

from langprop.sandbox import linux, syscalls

Policy = Literal["paths", "sealed", "accidents"]
"""What a filter lets through.

- "paths": computing, and files by their names, which Landlock has to guard;
- "sealed": computing only. No file can be opened, not even for an import;
- "accidents": everything but starting processes and reaching into others. No jail.
"""

_IN_WORDS: dict[Policy, str] = {
    "paths": "seccomp",
    "sealed": "seccomp (sealed)",
    "accidents": "seccomp (against accidents)",
}
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH = 0, 4  # offsets in struct seccomp_data
_X32 = 0x40000000
_MODE_FILTER = 2

_CLONE_THREAD = 0x10000
_NEW_NAMESPACES = 0x7E020080  # all CLONE_NEW* flags
_RLIMIT_AS = 9
# Without those that send signals to others, take leases and locks, or take more of the kernel's
# memory.
_FCNTL = (0, 1, 2, 3, 4, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC
_IOCTL = (0x5450, 0x5451)  # FIONCLEX, FIOCLEX

_Step = tuple[int, int, int, int]  # code, jump if true, jump if false, constant
_PID = -1  # stands for the process's own id until it is known


def _argument(index: int, *, upper: bool = False) -> int:
    return 16 + 8 * index + 4 * upper  # both architectures are little-endian


def _return(value: int) -> _Step:
    return (_RETURN, 0, 0, value)


_DENY = _return(_ERRNO | errno.EPERM)
_PERMIT = _return(_ALLOW)


class Filter:
    """A filter, made once and installed in many processes.

    Args:
        policy: What it lets through.

    Raises:
        OSError: It isn't known what this machine's system calls are.
    """

    def __init__(self, policy: Policy) -> None:
        if not syscalls.is_known():
            raise OSError(
                errno.ENOSYS, f"no table of system calls for {platform.machine()}, 64 bit"
            )
        self._policy = policy
        self._steps = _prologue() + _conditional(policy) + _by_number(policy)
        # Packed here and not for each process, between the places where its id belongs.
        parts = [b""]
        for code, true, false, value in self._steps:
            parts[-1] += struct.pack("HBB", code, true, false)
            if value == _PID:
                parts.append(b"")
            else:
                parts[-1] += struct.pack("I", value)
        self._parts = parts

    def __str__(self) -> str:
        return _IN_WORDS[self._policy]

    def to_bytes(self, pid: int) -> bytes:
        """The program for a process with that id."""
        return struct.pack("I", pid).join(self._parts)

    def install(self, pid: int) -> None:
        """Apply it to this process for good; needs PR_SET_NO_NEW_PRIVS.

        Args:
            pid: This process's id.

        Raises:
            OSError: The kernel refuses.
        """
        steps = self.to_bytes(pid)
        buffer = ctypes.create_string_buffer(steps, len(steps))
        program = _Program(len(steps) // 8, ctypes.addressof(buffer))
        linux.prctl(linux.PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def _prologue() -> list[_Step]:
    """Another architecture's calls have other numbers."""
    _, arch = syscalls.ARCHITECTURES[platform.machine()]
    return [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, arch),
        _return(_KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        _DENY,
    ]


def _conditional(policy: Policy) -> list[_Step]:
    """The calls that depend on their arguments. Each block ends, so that jumps stay short."""
    number = syscalls.numbers(syscalls.CONDITIONAL)
    steps: list[_Step] = []

    def on(name: str, *then: _Step) -> None:
        steps.extend([(_EQUAL, 0, len(then), number[name]), *then])

    def one_of(argument: int, values: tuple[int, ...], otherwise: _Step) -> list[_Step]:
        tests = [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
        return [(_LOAD, 0, 0, _argument(argument)), *tests, otherwise, _PERMIT]

    # Threads are fine. Their flags can't be read through clone3's pointer, so that the C library is
    # told to use clone.
    on(
        "clone",
        (_LOAD, 0, 0, _argument(0)),
        (_ANY_BIT, 2, 0, _NEW_NAMESPACES),
        (_ANY_BIT, 0, 1, _CLONE_THREAD),
        _PERMIT,
        _DENY,
    )
    on("clone3", _return(_ERRNO | errno.ENOSYS))
    for name in ("kill", "tgkill"):
        on(name, *one_of(0, (_PID,), _DENY))
    if policy == "accidents":
        on("prlimit64", *one_of(0, (0,), _DENY))
        return steps
    on(
        "prlimit64",  # to read any limit, and to use the reserve of memory
        (_LOAD, 0, 0, _argument(0)),
        (_EQUAL, 0, 7, 0),
        (_LOAD, 0, 0, _argument(1)),
        (_EQUAL, 4, 0, _RLIMIT_AS),
        (_LOAD, 0, 0, _argument(2)),
        (_EQUAL, 0, 3, 0),
        (_LOAD, 0, 0, _argument(2, upper=True)),
        (_EQUAL, 0, 1, 0),
        _PERMIT,
        _DENY,
    )
    on("fcntl", *one_of(1, _FCNTL, _DENY))
    on("ioctl", *one_of(1, _IOCTL, _return(_ERRNO | errno.ENOTTY)))  # nothing is a terminal
    return steps


def _by_number(policy: Policy) -> list[_Step]:
    """All other calls, as a search tree.

    The kernel runs the filter once for each number when it is installed, so that a plain list would
    take several times as long.
    """
    known = set(syscalls.numbers(syscalls.COMPUTING).values())
    if policy == "paths":
        known |= set(syscalls.numbers(syscalls.PATHS).values())
    inside, outside = _PERMIT, _DENY
    if policy == "accidents":
        known = set(syscalls.numbers(syscalls.REACHING_OUT).values())
        inside, outside = _DENY, _PERMIT
    # Numbers at which the answer changes, with the answer from there on.
    borders = [(0, inside if 0 in known else outside)]
    for number in range(1, max(known) + 2):
        answer = inside if number in known else outside
        if answer != borders[-1][1]:
            borders.append((number, answer))

    def tree(part: list[tuple[int, _Step]]) -> list[_Step]:
        if len(part) == 1:
            return [part[0][1]]
        middle = len(part) // 2
        below, above = tree(part[:middle]), tree(part[middle:])
        return [(_AT_LEAST, len(below), 0, part[middle][0]), *below, *above]

    return tree(borders)
