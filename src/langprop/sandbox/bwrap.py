"""Bubblewrap: a program that starts another one in namespaces, where it sees few files.

Source: bwrap(1).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable

# Where shared libraries and the time zones lie.
_SYSTEM = (
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
)


def find() -> str | None:
    """Path of bubblewrap; None if it isn't installed."""
    return shutil.which("bwrap")


def command(program: str, folders: Iterable[str]) -> list[str]:
    """What to put before a Python command.

    Args:
        program: Path of bubblewrap.
        folders: What can be read in there, beside the interpreter and the system's libraries.
    """
    words = [program, "--unshare-all", "--die-with-parent", "--cap-drop", "ALL"]
    interpreter = os.path.realpath(sys.executable)
    seen = [sys.executable, interpreter, f"{sys.base_prefix}/lib", os.path.dirname(os.__file__)]
    shown = [path for path in dict.fromkeys([*_SYSTEM, *seen, *folders]) if os.path.exists(path)]
    for path in sorted(shown, key=len):  # a folder before what is in it
        if os.path.islink(path) and path in _SYSTEM and os.path.isdir(path):
            words += ["--symlink", os.readlink(path), path]
        else:
            words += ["--ro-bind", path, path]
    return [*words, "--proc", "/proc", "--dev", "/dev", "--chdir", "/", "--"]
