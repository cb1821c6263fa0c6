"""Landlock: a kernel ruleset that says which files a script may read. All else is denied.

Source: landlock(7); linux/landlock.h.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import struct
from collections.abc import Iterable

from langprop.sandbox import linux, syscalls

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_NET_BIND_AND_CONNECT = 3
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 3

_HANDLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
"""ABI → all rights on files that it knows; later ones know 16."""


def abi() -> int:
    """Version of the kernel's Landlock.

    Raises:
        OSError: It has none, or it is switched off.
    """
    return linux.syscall(syscalls.own("landlock_create_ruleset"), None, 0, _CREATE_RULESET_VERSION)


class Ruleset:
    """What may be read, as a descriptor that processes apply to themselves.

    Args:
        trees: Folders and files that may be read, with all that is in them.
        folders: Folders that may be listed, but not read.

    Attributes:
        fd: The ruleset.

    Raises:
        OSError: The kernel has no Landlock.
    """

    def __init__(self, trees: Iterable[str], folders: Iterable[str] = ()) -> None:
        version = self._version = abi()
        parts = [_HANDLED.get(version, (1 << 16) - 1)]
        if version >= 4:
            parts.append(_NET_BIND_AND_CONNECT)
        if version >= 6:
            parts.append(_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS)
        attributes = struct.pack(f"={len(parts)}Q", *parts)
        self.fd = linux.syscall(
            syscalls.own("landlock_create_ruleset"), attributes, len(attributes), 0
        )
        for path in trees:
            self._allow(path, _READ_FILE | _READ_DIR)
        for path in folders:
            self._allow(path, _READ_DIR)

    def __str__(self) -> str:
        return f"landlock (abi {self._version})"

    def _allow(self, path: str, access: int) -> None:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:  # it isn't there, which is just as well
            return
        try:
            self._add_rule(fd, access)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            with contextlib.suppress(OSError):  # no folder, so that it can't be listed
                self._add_rule(fd, access & ~_READ_DIR)
        finally:
            os.close(fd)

    def _add_rule(self, fd: int, access: int) -> None:
        if not access:
            return
        rule = ctypes.create_string_buffer(struct.pack("=Qi", access, fd), 12)
        linux.syscall(syscalls.own("landlock_add_rule"), self.fd, _RULE_PATH_BENEATH, rule, 0)

    def apply(self) -> None:
        """Restrict this process for good; needs PR_SET_NO_NEW_PRIVS.

        Raises:
            OSError: The kernel refuses.
        """
        linux.syscall(syscalls.own("landlock_restrict_self"), self.fd, 0)
