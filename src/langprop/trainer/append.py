"""append(): adds lines to a file that another process may read, or leave torn."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def append(path: Path, lines: Sequence[str]) -> None:
    """Add lines to a file, which is made if it isn't there.

    A last line that was cut off, when a disk was full or a process was killed, stays on its own.

    Args:
        path: The file.
        lines: Without line breaks.

    Raises:
        OSError: They can't be written, or not all of them.
    """
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = os.fstat(file).st_size
        torn = size and os.pread(file, 1, size - 1) != b"\n"
        data = (("\n" if torn else "") + "".join(f"{line}\n" for line in lines)).encode()
        while data:
            data = data[os.write(file, data) :]
    finally:
        os.close(file)
