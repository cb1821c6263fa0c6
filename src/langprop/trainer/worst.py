"""Worst: the samples on which a policy did worst, in a form that a file can keep.

`worst.json` in the run's folder holds those of the best policy, as the trainer saw them in the last
step. It is there for people: nothing is resumed from it.
"""

from __future__ import annotations

import contextlib
import heapq
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.files import write_text
from langprop.prompts.abbreviate import abbreviate, shorten

if TYPE_CHECKING:
    from langprop.population.policy import Policy
    from langprop.population.record import Record

FILE = "worst.json"
COUNT = 10
_VALUE, _TEXT, _FEEDBACK = 300, 600, 2_000  # [characters] of a value and of a text


def worst_records(records: Iterable[Record], count: int = COUNT) -> list[Record]:
    """The records with the lowest scores, lowest first; of equal ones those that came first."""
    return heapq.nsmallest(count, records, key=lambda record: record.score)


def abbreviated(record: Record) -> dict[str, Any]:
    """A record as JSON data, whatever the size and kind of its values.

    Returns:
        "sample" (its index), "status", "score", "seconds"; "args", "kwargs", "output" and "label"
        as Python would write them, cut; "exception", "printed" and "feedback", cut. Several
        objectives come as "scores", by name.
    """
    # An answer is only there if the call went well: then None is one, too.
    answered = record.status == "ok" or record.output is not None
    row = {
        "sample": record.sample,
        "status": record.status,
        "score": float(record.score),
        "args": abbreviate(record.args, _VALUE, exact=True),
        "kwargs": abbreviate(record.kwargs, _VALUE, exact=True) if record.kwargs else "",
        "output": abbreviate(record.output, _VALUE, exact=True) if answered else "",
        "label": abbreviate(record.label, _VALUE, exact=True),
        "exception": shorten(record.exception, _TEXT),
        "printed": shorten(record.printed, _TEXT),
        "feedback": shorten(record.feedback, _FEEDBACK),
        "seconds": float(record.seconds),
    }
    scores: Mapping[str, float] = getattr(record, "scores", None) or {}
    return {**row, "scores": {name: float(value) for name, value in scores.items()}}


class Worst:
    """Keeps the worst samples of a run's best policy, and writes them.

    Writing huge values may take as long as judging them, so it is left out in some steps then: it
    takes a twentieth of the time at the most. What was left out is written by `close`.

    Args:
        folder: Of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: tuple[int, str, int, list[Record]] | None = None
        self._next = 0.0

    def note(self, policies: Sequence[Policy], step: int, best: Policy | None = None) -> None:
        """Look at a step.

        Args:
            policies: With this step's records.
            step: The step.
            best: The best policy; by default, and if it wasn't judged in this step, the one with
                the highest priority.
        """
        chosen = best if best is not None and best.records else None
        if chosen is None:
            judged = (policy for policy in policies if policy.records)
            chosen = max(judged, key=lambda policy: (policy.rank, policy.weight), default=None)
        if chosen is None:
            return
        records = chosen.records
        self._held = step, chosen.id, len(records), worst_records(records)
        if time.monotonic() >= self._next:
            self._write()

    def close(self) -> None:
        """Write what was held back."""
        self._write()

    def _write(self) -> None:
        """Write the file in one piece.

        Nothing is raised where that fails: the checkpoint, which matters more and is written right
        after it, tells of a full disk.
        """
        if self._held is None:
            return
        began = time.monotonic()
        step, policy, samples, records = self._held
        rows = [abbreviated(record) for record in records]
        data = {"step": step, "policy": policy, "samples": samples, "records": rows}
        with contextlib.suppress(OSError):
            write_text(self._folder / FILE, json.dumps(data) + "\n")
        self._held = None
        now = time.monotonic()
        self._next = now + 20 * (now - began)


def read_worst(folder: Path) -> dict[str, Any] | None:
    """What `Worst` wrote; None if there is no such file, or it is damaged."""
    try:
        data = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not (isinstance(data, dict) and isinstance(data.get("records"), list)):
        return None
    if not all(isinstance(row, dict) for row in data["records"]):
        return None
    return data
