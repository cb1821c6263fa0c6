"""SavedTracker: the numbers of a tracker as a checkpoint of the paper's code has them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from langprop.errors import CheckpointError
from langprop.population.record import Record
from langprop.population.tracker import Tracker

NUMBERS = ("priority", "past_priority", "past_weight", "count", "avg_score")


class SavedTracker(Tracker):
    """A tracker as it was saved, until something happens to it.

    It was saved when its step was over, and before that step was folded into the past. The first
    new records do so, without a decay.

    Args:
        saved: The numbers, checked; empty for a script that nothing is known of.

    Attributes:
        saved: As given; None when the tracker has moved on.
    """

    def __init__(self, saved: Mapping[str, Any]) -> None:
        super().__init__()
        if saved:
            self.load_state_dict({name: saved[name] or 0 for name in NUMBERS[1:]})
            if not self.count:  # the mean of nothing was saved as NaN, null, ...
                self._mean = 0.0
            if not self.past_weight:
                self.past_priority = 0.0
        self.saved: Mapping[str, Any] | None = saved

    @property
    def priority(self) -> float:
        """As it was saved: to the last digit, and also where it can't be told from the rest."""
        saved = self.saved["priority"] if self.saved else None
        if saved is None or math.isnan(saved):  # of a script that was never judged
            return super().priority
        return float(saved)

    def tell(self, records: Iterable[Record]) -> None:
        """Append the records of a new step; the one that was saved becomes the past."""
        new = list(records)
        if new and self.saved is not None:
            self.decay(1.0)
        super().tell(new)

    def decay(self, decay: float) -> None:
        """Fold this step into the past and forget its records."""
        super().decay(decay)
        self.saved = None

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore saved numbers."""
        super().load_state_dict(state)
        self.saved = None


def numbers(tracker: Tracker) -> dict[str, Any]:
    """The numbers of a tracker in the format of the paper's code; empty if it was so."""
    if isinstance(tracker, SavedTracker) and tracker.saved is not None:
        return dict(tracker.saved)
    state = {"priority": tracker.priority, **tracker.state_dict()}
    return {name: state[name] for name in NUMBERS}


def checked(saved: Any, where: str) -> Mapping[str, Any]:
    """The numbers of a tracker, as they stand in the file; what else is there is kept.

    Raises:
        CheckpointError: One is missing or impossible.
    """
    if not isinstance(saved, Mapping):
        raise CheckpointError(f"{where} must be an object with numbers, but is {_brief(saved)}.")
    for name in NUMBERS:
        if name not in saved:
            raise CheckpointError(f"{where} has no {name!r}.")
    idle = {  # a mean of nothing
        "avg_score": saved["count"] == 0,
        "past_priority": saved["past_weight"] == 0,
        "priority": saved["count"] == 0 and saved["past_weight"] == 0,
    }
    for name in NUMBERS:
        value = saved[name]
        if idle.get(name) and (value is None or _is_unread(name, value)):
            continue
        valid = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not valid or not _finite(value):
            raise CheckpointError(f"{where}: {name!r} must be a number, but is {_brief(value)}.")
        if name in ("count", "past_weight") and value < 0:
            raise CheckpointError(f"{where}: {name!r} can't be negative, but is {_brief(value)}.")
        if name == "count" and value != int(value):
            raise CheckpointError(f"{where}: 'count' must be whole, but is {_brief(value)}.")
    return saved


def _is_unread(name: str, value: Any) -> bool:
    """Whether a number of a script that nothing is known of is of no account."""
    return isinstance(value, float) and (name != "priority" or math.isnan(value))


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float can hold
        return False


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
