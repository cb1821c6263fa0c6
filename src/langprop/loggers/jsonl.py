"""JSONLogger: metrics as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from langprop.loggers.base import Logger


class JSONLogger(Logger):
    """Appends a JSON object per step to a file.

    Args:
        path: The file; made with the first line.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file: IO[str] | None = None

    def log(self, metrics: Mapping[str, Any], step: int) -> None:
        """Append a line, and hand it to the operating system at once."""
        if self._file is None:
            self._file = self.path.open("a", encoding="utf-8")
        self._file.write(json.dumps({"step": step, **metrics}) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
