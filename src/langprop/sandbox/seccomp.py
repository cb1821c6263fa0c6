"""A kernel filter that keeps a script from starting processes and from signalling other ones.

It is a short list of what is denied, good against accidents and fork bombs; it doesn't make a jail.
What is denied gives EPERM, which Python shows as a `PermissionError` with the script's line.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

from langprop.sandbox import linux

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

# Numbers on x86_64 and on aarch64, which has no fork and vfork.
_DENIED: dict[str, tuple[int | None, int | None]] = {
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
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_OWN_PID_ONLY = ((62, 129), (234, 131))  # kill, tgkill
_PRLIMIT = (302, 261)

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH = 0, 4  # offsets in struct seccomp_data
_CLONE_THREAD = 0x10000
_X32 = 0x40000000
_MODE_FILTER = 2

_Step = tuple[int, int, int, int]  # code, jump if true, jump if false, constant


def _argument(index: int) -> int:
    return 16 + 8 * index  # the lower half; both architectures are little-endian


def build(own_pid: int) -> bytes | None:
    """The filter as a classic BPF program; None on an architecture that it wasn't written for."""
    if platform.machine() not in _ARCHITECTURES or sys.maxsize < 1 << 32:
        return None
    column, arch = _ARCHITECTURES[platform.machine()]
    deny: _Step = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    allow: _Step = (_RETURN, 0, 0, _ALLOW)
    steps: list[_Step] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        deny,
    ]

    def on(number: int | None, *then: _Step) -> None:
        if number is not None:
            steps.extend([(_EQUAL, 0, len(then), number), *then])

    for numbers in _DENIED.values():
        on(numbers[column], deny)
    # Threads are fine. Their flags can't be read through clone3's pointer, so that the C library is
    # told to use clone.
    on(_CLONE[column], (_LOAD, 0, 0, _argument(0)), (_ANY_BIT, 0, 1, _CLONE_THREAD), allow, deny)
    on(_CLONE3[column], (_RETURN, 0, 0, _ERRNO | errno.ENOSYS))
    for numbers in _OWN_PID_ONLY:
        on(numbers[column], (_LOAD, 0, 0, _argument(0)), (_EQUAL, 0, 1, own_pid), allow, deny)
    on(_PRLIMIT[column], (_LOAD, 0, 0, _argument(0)), (_EQUAL, 0, 1, 0), allow, deny)
    steps.append(allow)
    return b"".join(struct.pack("HBBI", *step) for step in steps)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def install() -> bool:
    """Apply the filter to this process for good; needs PR_SET_NO_NEW_PRIVS.

    Returns:
        Whether the kernel took it.
    """
    steps = build(os.getpid())
    if steps is None:
        return False
    buffer = ctypes.create_string_buffer(steps, len(steps))
    program = _Program(len(steps) // 8, ctypes.addressof(buffer))
    mode = ctypes.c_ulong(_MODE_FILTER)
    zero = ctypes.c_ulong(0)
    result: int = linux.libc.prctl(linux.PR_SET_SECCOMP, mode, ctypes.byref(program), zero, zero)
    return result == 0
