"""Acted: what a policy did in an episode, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from langprop.rl.cells import cell, cut
from langprop.rl.leaves import MOST

_MOST_ACTIONS = 10  # that are counted one by one
_MEANING = 60  # characters
_FEW = 8  # components that have a mean each

_Table = np.ndarray[Any, np.dtype[np.float64]]


class Acted:
    """What a policy did in an episode, in words.

    Args:
        space: The actions; None if that isn't known.
        meanings: What actions stand for, or components of them.
    """

    def __init__(self, space: Any = None, meanings: Mapping[int, str] | None = None) -> None:
        self._meanings = dict(meanings or {})
        self._every: Sequence[int] = ()
        self._bounds: tuple[list[float], list[float]] | None = None
        kind = type(space).__name__
        if kind == "Discrete" and int(space.n) <= _MOST_ACTIONS:
            self._every = range(int(space.start), int(space.start) + int(space.n))
        if kind == "Box" and np.dtype(space.dtype).kind == "f" and space.shape is not None:
            self._bounds = np.ravel(space.low).tolist(), np.ravel(space.high).tolist()
        self._has_means = self._bounds is not None or kind in ("Box", "MultiDiscrete")

    def lines(self, actions: Sequence[Any]) -> list[str]:
        """How often a policy did what; of continuous actions, range and mean."""
        if self._bounds is not None:
            return _spread(actions, self._meanings, *self._bounds)
        return _counted(actions, self._meanings, self._every)

    def titles(self, actions: Sequence[Any]) -> list[str]:
        """What each text of `brief` tells; one action is enough to know that."""
        table = self._table(actions)
        if table is None:
            return ["most frequent action"]
        if table.shape[1] == 1:
            return ["mean action"]
        return [f"mean action[{place}]" for place in range(table.shape[1])]

    def brief(self, actions: Sequence[Any]) -> list[str]:
        """What it did in a few steps: the mean of each component, or the most frequent action."""
        table = self._table(actions)
        if table is not None:
            return [f"{each:.3g}" for each in table.mean(axis=0)]
        ((action, count),) = _count(actions).most_common(1)
        share = f" ({count / len(actions):.0%})" if count < len(actions) else ""
        return [f"{action if isinstance(action, str) else cell(action)}{share}"]

    def _table(self, actions: Sequence[Any]) -> _Table | None:
        table = _table(actions) if self._has_means else None
        return table if table is not None and table.shape[1] <= _FEW else None


def _count(actions: Sequence[Any]) -> Counter[Any]:
    counts: Counter[Any] = Counter()
    try:
        counts.update(actions)  # at the speed of C for numbers
    except TypeError:  # lists and arrays
        counts.clear()
        counts.update(map(cell, actions))
    return counts


def _counted(
    actions: Sequence[Any], meanings: Mapping[int, str], every: Sequence[int]
) -> list[str]:
    """How often each action was chosen; those of `every` that never were are named, too."""
    counts = _count(actions)
    parts = []
    told = _MOST_ACTIONS + (len(counts) == _MOST_ACTIONS + 1)  # one more is as short as "1 others"
    shown = counts.most_common(told)
    for action, count in shown:
        parts.append(f"{_named(action, meanings)} × {count} ({count / len(actions):.0%})")
    if len(counts) > told:
        left = len(actions) - sum(count for _, count in shown)
        parts.append(f"{len(counts) - told} others in {left} steps")
    parts += [f"{_named(each, meanings)} never" for each in every if each not in counts]
    return [f"Actions: {', '.join(parts)}."]


def _named(action: Any, meanings: Mapping[int, str]) -> str:
    number = int(action) if isinstance(action, (bool, int, float, np.number)) else None
    text = str(action) if isinstance(action, str) else cell(action if number is None else number)
    meaning = meanings.get(number, "") if number is not None else ""
    return f"{text} ({cut(meaning, _MEANING)})" if meaning else text


def _spread(
    actions: Sequence[Any],
    meanings: Mapping[int, str],
    low: Sequence[float],
    high: Sequence[float],
) -> list[str]:
    """Of continuous actions: range and mean, and how often they were at a bound."""
    table = _table(actions)
    if table is None or table.shape[1] != len(low):
        return []
    lines = []
    for place, column in enumerate(table.T[:MOST]):
        meaning = meanings.get(place, "")
        which = f"{place} " if len(low) > 1 else ""
        name = f"{which}({cut(meaning, _MEANING)}) " if meaning else which
        text = f"from {column.min():.4g} to {column.max():.4g}, mean {column.mean():.4g}"
        for bound in (low[place], high[place]):
            share = float(np.isclose(column, bound).mean())
            if share:
                text += f", {bound:.4g} in {share:.0%} of the steps"
        lines.append(f"Action {name}{text}.")
    return lines


def _table(actions: Sequence[Any]) -> _Table | None:
    """A row for each action; None where they have different forms, or aren't numbers."""
    try:
        table = np.asarray(actions, float).reshape(len(actions), -1)
    except (TypeError, ValueError):
        return None
    return table if table.shape[1] else None
