"""Trial: one run of one optimizer in a comparison."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from langprop.errors import CheckpointError
from langprop.files import write_text

FILE = "trial.json"
FORMAT = 1
"""Version of the file; a newer one is refused."""

Split = Literal["test", "val", "train"]
SPLITS = {"test": "test score", "val": "validation score", "train": "training priority"}
Status = Literal["finished", "failed", "unfinished"]


@dataclass(frozen=True)
class Trial:
    """One run of one optimizer in a comparison.

    Attributes:
        optimizer: Its name in the comparison.
        seed: Of the run.
        status: "finished"; "failed" (with an `error`); or "unfinished" (to be resumed).
        score: Of the best policy, on `split`; None if it isn't finished.
        split: What the score was taken on: "test" or "val" (mean over all samples), or "train"
            (priority).
        reached: Whether the training reached the target, and ended with that.
        evaluations: One script on one sample each, until the training ended.
        steps: Steps of the training.
        calls: Requests to models.
        tokens: Tokens read and written.
        usd: Money [US dollars]; None where a price isn't known.
        seconds: Time of the training [s].
        stopped: Why the training ended, in words; "" if it wasn't stopped.
        error: Why it failed.
        folder: The run's folder, relative to that of the comparison; "" for none.
    """

    optimizer: str
    seed: int
    status: Status = "unfinished"
    score: float | None = None
    split: Split = "test"
    reached: bool = False
    evaluations: int = 0
    steps: int = 0
    calls: int = 0
    tokens: int = 0
    usd: float | None = 0.0
    seconds: float = 0.0
    stopped: str = ""
    error: str = ""
    folder: str = ""

    @property
    def ended(self) -> str:
        """Why it ended, in a word: "target", "budget", "limit", "stopped", "failed" or ""."""
        if self.status != "finished":
            return "failed" if self.status == "failed" else ""
        if self.reached:
            return "target"
        if self.stopped.startswith("budget"):
            return "budget"
        # Without any reason all epochs were gone through.
        return "limit" if not self.stopped or self.stopped.startswith("max_") else "stopped"

    def failed(self, error: Exception) -> Trial:
        """After an error."""
        return replace(self, status="failed", error=f"{type(error).__name__}: {error}")

    def __str__(self) -> str:
        head = f"{self.optimizer}, seed {self.seed}: "
        if self.status != "finished":
            return head + self.status + (f": {self.error}" if self.error else "")
        score = "" if self.score is None else f"{SPLITS[self.split]} {self.score:.4g}, "
        calls = f"{self.calls:,} calls, " if self.calls else ""
        spent = f"{self.evaluations:,} evaluations, {calls}{self.seconds:.1f} s"
        return f"{head}{score}{spent}; ended by {self.ended}"

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)


def read_trial(folder: Path, settings: Mapping[str, Any]) -> Trial | None:
    """What is known of the run in a folder; None if it wasn't begun.

    Args:
        folder: The run's.
        settings: That it must have been begun with, as plain JSON data.

    Raises:
        CheckpointError: It was begun with others, a newer version wrote it, or it can't be read.
    """
    path = folder / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] > FORMAT:
            raise CheckpointError(
                f"{path} has format {data['format']}, but this version reads up to {FORMAT}: "
                "upgrade langprop."
            )
        names = {field.name for field in fields(Trial)}
        known = Trial(**{name: value for name, value in data["trial"].items() if name in names})
        before = dict(data["settings"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{path} can't be read ({type(error).__name__}: {error}): remove it, and this run's "
            "training is resumed."
        ) from error
    changed = _changes(before, settings)
    if changed:
        raise CheckpointError(
            f"{folder} was begun with other settings: {'; '.join(changed)}. Resume with those that "
            "it was begun with, or name another run_dir."
        )
    return known


def write_trial(folder: Path, trial: Trial, settings: Mapping[str, Any]) -> None:
    """Write what is known of a run into its folder.

    Raises:
        CheckpointError: It can't be written.
    """
    data = {"format": FORMAT, "trial": trial.to_dict(), "settings": settings}
    write(folder / FILE, json.dumps(data, indent=1) + "\n")


def write(path: Path, text: str) -> None:
    """Write a file of a comparison in one piece, and the folders that it needs.

    Raises:
        CheckpointError: It can't be written; what was there before is intact.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    except OSError as error:
        raise CheckpointError(
            f"{path} can't be written: {error.strerror or error}. What was saved before is intact; "
            "make room, and resume the comparison."
        ) from error


def _changes(before: Mapping[str, Any], now: Mapping[str, Any], within: str = "") -> list[str]:
    """What differs between two settings, in words."""
    found: list[str] = []
    for name in sorted({*before, *now}):
        old, new = before.get(name), now.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found += _changes(old, new, f"{within}{name}.")
        elif old != new:
            brief = [
                value if len(value) <= 60 else value[:57] + "..."
                for value in (repr(old), repr(new))
            ]
            found.append(f"{within}{name} was {brief[0]}, and is {brief[1]}")
    return found
