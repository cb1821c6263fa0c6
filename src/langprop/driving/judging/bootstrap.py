"""Bootstrap: intervals of means over routes, by drawing routes anew."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
DRAWS = 4_000


@dataclass(frozen=True)
class Estimate:
    """A mean, and how far it may be from the truth.

    Attributes:
        value: The mean.
        low: Lower end of the 95 % interval; None where there is no more than one route.
        high: Upper end; None likewise.
    """

    value: float
    low: float | None = None
    high: float | None = None

    def text(self, digits: int = 1, *, sign: bool = False) -> str:
        """As in a table: "91.2 [88.0, 94.1]"."""
        plus = "+" if sign else ""
        if self.low is None or self.high is None:
            return f"{self.value:{plus}.{digits}f}"
        ends = f"[{self.low:{plus}.{digits}f}, {self.high:{plus}.{digits}f}]"
        return f"{self.value:{plus}.{digits}f} {ends}"


def estimate(
    tops: Mapping[Hashable, Sequence[float]],
    bottoms: Mapping[Hashable, Sequence[float]] | None = None,
    *,
    seed: int = 0,
) -> Estimate:
    """A mean over all drives, or a ratio of sums, and its interval.

    Routes are drawn with replacement, each with all of its drives: drives of a route under other
    traffic resemble each other, and to draw them one by one would make the interval too narrow. The
    same routes are drawn whatever the values are, so that differences of two policies are paired.

    Args:
        tops: By route, one value for each of its drives.
        bottoms: What the sum of the values is divided by, in the same form; None for the number of
            drives.
        seed: Of the draws.

    Raises:
        ValueError: There is no value.

    Source: Efron and Tibshirani 1993, chapter 13: the percentile interval.
    """
    names = [name for name in tops if len(tops[name])]
    if not names:
        raise ValueError("there is nothing to take a mean of.")
    above = _sums(tops, names)
    below = (
        np.array([float(len(tops[name])) for name in names])
        if bottoms is None
        else _sums(bottoms, names)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(above.sum() / below.sum())
        if len(names) < 2:
            return Estimate(value)
        draws = np.random.default_rng(seed).integers(0, len(names), (DRAWS, len(names)))
        values = above[draws].sum(axis=1) / below[draws].sum(axis=1)
    values = values[np.isfinite(values)]
    if not values.size:
        return Estimate(value)
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))


def _sums(values: Mapping[Hashable, Sequence[float]], names: list[Hashable]) -> NDArray[np.float64]:
    return np.array([float(np.sum(values[name])) for name in names])
