"""Returns: how the episodes of a policy went, all together."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from langprop.rl.cells import aligned, cell, cut
from langprop.rl.episode import Episode

_BINS = 5
_FEW = 12  # returns that are told one by one
_WIDEST = 8  # numbers of an observation beside each other
_NAME = 24  # characters of their names


def describe_returns(episodes: Sequence[Any], names: Sequence[str] = ()) -> str:
    """Returns, lengths and ends of episodes; "" if there are fewer than two.

    Args:
        episodes: What is no `Episode` is passed over.
        names: Of the numbers in an observation, to tell in what the episodes began differently.
    """
    known = [each for each in episodes if isinstance(each, Episode)]
    table = _beginnings(known, names)
    returns = sorted(each.total for each in known if math.isfinite(each.total))
    if len(returns) < 2:
        return ""
    lengths = sorted(map(len, known))
    ends = Counter(each.ended for each in known if each.ended)
    if len(returns) <= _FEW and not table:
        told = (
            f"Returns of {len(returns)} episodes: {', '.join(f'{each:.6g}' for each in returns)}."
        )
    else:
        told = (
            f"Returns of {len(returns)} episodes: from {returns[0]:.6g} to {returns[-1]:.6g}, "
            f"median {statistics.median(returns):.6g}."
        )
    steps = f"from {lengths[0]:,} to {lengths[-1]:,}, median {statistics.median(lengths):,.6g}"
    if lengths[0] == lengths[-1]:
        steps = f"{lengths[0]:,} each"
    lines = [
        f"{told} Steps: {steps}. "
        f"Ends: {', '.join(f'{count} {end}' for end, count in ends.most_common())}."
    ]
    if len(returns) > _FEW and returns[0] < returns[-1]:
        lines.append(f"Histogram of the returns: {histogram(returns)}.")
    lines += table
    return "\n".join(lines)


def _beginnings(episodes: Sequence[Episode], names: Sequence[str]) -> list[str]:
    """A table of few episodes by return, with what was observed first where that differs."""
    first = [each.course[0][1] if each.course else () for each in episodes]
    if not 2 <= len(episodes) <= _FEW or not names or any(len(s) != len(names) for s in first):
        return []
    columns = [(name, column) for name, *column in zip(names, *first, strict=True)]
    differ = [(name, column) for name, column in columns if any(x != column[0] for x in column)]
    if not 0 < len(differ) <= _WIDEST:
        return []
    order = sorted(range(len(episodes)), key=lambda place: episodes[place].total)
    rows = [["seed", "return", "steps", *(cut(name, _NAME) for name, _ in differ)]]
    for place in order:
        each = episodes[place]
        values = [cell(column[place]) for _, column in differ]
        rows.append([str(each.seed), f"{each.total:.6g}", f"{len(each):,}", *values])
    return ["The episodes by return, and what was observed first in each:", *aligned(rows)]


def histogram(values: Sequence[float], bins: int = _BINS) -> str:
    """How many values lie in each part of their range, in one line.

    Args:
        values: Finite numbers that aren't all the same.
        bins: Parts of equal width.
    """
    low, high = min(values), max(values)
    width = high / bins - low / bins  # no overflow, as of high - low
    edges = [low + place * width for place in range(bins)] + [high]
    counts = [0] * bins
    for value in values:
        counts[max(place for place in range(bins) if value >= edges[place])] += 1
    return ", ".join(
        f"{count} in [{edges[place]:.4g}, {edges[place + 1]:.4g}{']' if place + 1 == bins else ')'}"
        for place, count in enumerate(counts)
    )
