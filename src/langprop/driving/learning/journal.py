"""Journal: the drives of a run, a line of JSON for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langprop.errors import CheckpointError
from langprop.files import write_text

FILE = "drives.jsonl"


class Journal:
    """The drives of a run, a line of JSON for each, in `drives.jsonl`.

    Args:
        folder: Of the run.

    Attributes:
        failures: How often a simulator died.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.failures = 0

    def add(self, drive: Mapping[str, Any]) -> None:
        """Note a drive that has ended.

        Raises:
            CheckpointError: The disk is full, say.
        """
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(drive, ensure_ascii=False) + "\n")
        except OSError as error:
            raise CheckpointError(f"{self._path} can't be written: {error.strerror}.") from error

    def truncate(self, drives: int) -> None:
        """Forget all but the first drives: those after them are driven again.

        Raises:
            CheckpointError: The file can't be written.
        """
        if not self._path.exists():
            return
        try:
            # Not str.splitlines: names of routes may hold what it takes for the end of a line.
            with self._path.open(encoding="utf-8", newline="\n") as file:
                lines = list(file)
            if len(lines) > drives:
                write_text(self._path, "".join(lines[:drives]))
        except OSError as error:
            raise CheckpointError(f"{self._path} can't be written: {error.strerror}.") from error
