"""FolderLock: keeps other processes from training in a folder."""

from __future__ import annotations

import os
from pathlib import Path

from langprop.errors import CheckpointError


class FolderLock:
    """Keeps other processes from training in a folder; ends with the process.

    The folder itself is locked, so that no file is left behind. File systems without locks, and
    systems without POSIX, keep nobody away.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder: int | None = None

    def take(self) -> None:
        """Lock it, unless it is.

        Raises:
            CheckpointError: Another process has.
        """
        if self._folder is not None:
            return
        try:
            import fcntl
        except ImportError:
            return
        folder = -1
        try:
            folder = os.open(self._path, os.O_RDONLY)
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(folder)
            raise CheckpointError(
                f"{self._path} is being trained in: wait for that run to end, or name another "
                "run_dir."
            ) from error
        except OSError:
            if folder >= 0:
                os.close(folder)
            return
        self._folder = folder

    def release(self) -> None:
        """Let others in. Twice is harmless."""
        if self._folder is not None:
            folder, self._folder = self._folder, None
            os.close(folder)
