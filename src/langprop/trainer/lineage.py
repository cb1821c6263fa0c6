"""Lineage: where each script of a run came from, a line each, in `lineage.jsonl`.

A checkpoint tells this of the policies that are kept; their ancestors have left it. Nothing is
resumed from the file: it is there for people, and for `langprop show --diff`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from langprop.scripts.script import Script
from langprop.trainer.append import append

FILE = "lineage.jsonl"


@dataclass(frozen=True)
class Ancestor:
    """Where a script came from.

    Attributes:
        id: Of the script.
        parent: Id of the script that it was made from, if any.
        donor: Id of the second parent of a crossover, if any.
        origin: What wrote it.
        step: Steps that were complete when it was first saved.
        time: When that was, in UTC; "" if it isn't known.
    """

    id: str
    parent: str | None = None
    donor: str | None = None
    origin: str = ""
    step: int = 0
    time: str = ""


class Lineage:
    """Writes where scripts came from.

    Args:
        folder: Of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._known: set[str] | None = None

    def note(self, scripts: Iterable[Script], step: int) -> None:
        """Append those that aren't known yet.

        Nothing is raised where that fails: it is tried again with the next checkpoint, which tells
        of a full disk itself.
        """
        if self._known is None:
            self._known = set(read_lineage(self._path.parent))
        new = [script for script in scripts if script.id not in self._known]
        if not new:
            return
        time = datetime.now(timezone.utc).isoformat(timespec="seconds")
        lines = [
            json.dumps(asdict(Ancestor(s.id, s.parent, s.donor, s.origin, step, time)))
            for s in {script.id: script for script in new}.values()
        ]
        with contextlib.suppress(OSError):
            append(self._path, lines)
            self._known.update(script.id for script in new)


def read_lineage(folder: Path) -> dict[str, Ancestor]:
    """Where scripts came from, by id; what can't be read is left out."""
    try:
        lines = (folder / FILE).read_bytes().split(b"\n")
    except OSError:
        return {}
    found: dict[str, Ancestor] = {}
    for line in lines:
        try:
            data = json.loads(line)
            entry = Ancestor(
                str(data["id"]),
                _id(data["parent"]),
                _id(data["donor"]),
                str(data["origin"]),
                int(data["step"]),
                str(data["time"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            continue  # torn, when a process was killed
        found.setdefault(entry.id, entry)
    return found


def _id(value: object) -> str | None:
    return None if value is None else str(value)
