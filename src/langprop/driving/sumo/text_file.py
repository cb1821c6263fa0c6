"""TextFile: a text under a path that this process can open, gone when the process is."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class TextFile:
    """A text that a library of this process shall read as a file.

    It is in memory where the system can do that (Linux), so that a full disk is no obstacle and
    nothing is left behind by a process that is killed.

    Args:
        text: What it shall read.

    Attributes:
        path: Where this process finds it, until `close`.

    Raises:
        OSError: There is no memory, or no room for a temporary file.
    """

    def __init__(self, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        self._temporary = ""
        if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
            self._fd = os.memfd_create("text")
            self.path = f"/proc/self/fd/{self._fd}"
        else:
            self._fd, self._temporary = tempfile.mkstemp(prefix="langprop-", suffix=".xml")
            self.path = self._temporary
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._fd, view) :]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let it go. Closing twice is harmless."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if self._temporary:
            Path(self._temporary).unlink(missing_ok=True)
            self._temporary = ""
