"""Returns: how the episodes of a policy went, all together."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from langprop.rl.episode import Episode

_BINS = 5
_FEW = 12  # returns that are told one by one


def describe_returns(episodes: Sequence[Any]) -> str:
    """Returns, lengths and ends of episodes; "" if there are fewer than two.

    Args:
        episodes: What is no `Episode` is passed over.
    """
    known = [each for each in episodes if isinstance(each, Episode)]
    returns = sorted(each.total for each in known if math.isfinite(each.total))
    if len(returns) < 2:
        return ""
    lengths = sorted(map(len, known))
    ends = Counter(each.ended for each in known if each.ended)
    if len(returns) <= _FEW:
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
    return "\n".join(lines)


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
