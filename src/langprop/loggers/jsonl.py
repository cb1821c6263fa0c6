"""JSONLogger: metrics as JSON lines."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from langprop.files import as_path
from langprop.loggers.base import Logger


class JSONLogger(Logger):
    """Appends a JSON object per step to a file.

    Args:
        path: The file; made with the first line.

    Raises:
        ConfigError: The path is none.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = as_path("path", path, "metrics.jsonl")
        self._file: IO[str] | None = None

    def log(self, metrics: Mapping[str, Any], step: int) -> None:
        """Append a line, and hand it to the operating system at once.

        Raises:
            OSError: It can't be written. The next line is tried again.
        """
        if self._file is None:
            self._file = self.path.open("a", encoding="utf-8")
        try:
            self._file.write(json.dumps({"step": step, **metrics}) + "\n")
            self._file.flush()
        except OSError:
            with contextlib.suppress(OSError):  # closing tries to write again what didn't fit
                self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            file, self._file = self._file, None
            file.close()
