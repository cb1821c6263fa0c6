"""Bubblewrap: a program that starts another one in namespaces, where it sees few files.

Source: bwrap(1).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

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
    interpreter = Path(sys.executable)
    seen = [
        interpreter,
        interpreter.resolve(),
        Path(sys.base_prefix, "lib"),
        Path(os.__file__).parent,
    ]
    paths = dict.fromkeys([*map(Path, _SYSTEM), *seen, *map(Path, folders)])
    for path in sorted(paths, key=lambda path: len(path.parts)):  # a folder before what is in it
        if not path.exists():
            continue
        if path.is_symlink() and str(path) in _SYSTEM and path.is_dir():
            words += ["--symlink", str(path.readlink()), str(path)]
        else:
            words += ["--ro-bind", str(path), str(path)]
    return [*words, "--proc", "/proc", "--dev", "/dev", "--chdir", "/", "--"]
