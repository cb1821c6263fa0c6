"""Intervals: a mean over few runs, and how far it may be from the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

LEVEL = 0.95
_BISECTIONS = 60  # the quantile is exact to the last digits then


@dataclass(frozen=True)
class Interval:
    """A mean and its confidence interval.

    Attributes:
        mean: The mean.
        low: Lower end; None for one value, which tells nothing of the spread.
        high: Upper end; None likewise.
        n: Number of values.
    """

    mean: float
    low: float | None
    high: float | None
    n: int

    @property
    def told(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high

    def __str__(self) -> str:
        return f"{self.mean:.4g}{self.bounds}"

    @property
    def bounds(self) -> str:
        """The interval in brackets; "" without one."""
        if self.low is None or self.high is None:
            return ""
        return f" [{self.low:.4g}, {self.high:.4g}]"


def mean_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Mean of independent values, with Student's t interval.

    `mean ± t(level, n - 1) · s / √n`

    The t interval is what few runs need. With 3 to 10 values the percentile bootstrap is too
    narrow: it can't reach beyond the values that were seen, and takes their spread for the true
    one (Hesterberg 2015; a test of ours shows it). For the comparison of learning algorithms over
    few seeds t-tests are advised over bootstraps, too (Colas et al. 2019). What t assumes, that the
    mean is about normal, is a mild flaw beside that. Where all values are the same, the interval
    has no width, and says no more than that.

    Args:
        values: One per run.
        level: Share of such intervals that hold the truth, in (0, 1).

    Returns:
        The interval; without ends for one value, or if they aren't finite.

    Raises:
        ValueError: There are no values, or one isn't finite.

    Source: Student 1908. Hesterberg 2015, "What Teachers Should Know about the Bootstrap", The
    American Statistician 69. Colas, Sigaud and Oudeyer 2019, "A Hitchhiker's Guide to Statistical
    Comparisons of Reinforcement Learning Algorithms".
    """
    n = len(values)
    if not n:
        raise ValueError("an interval needs one value at least.")
    if not all(math.isfinite(value) for value in values):
        raise ValueError(f"the values must be finite, but got {list(values)!r}.")
    mean = math.fsum(value / n for value in values)
    if n == 1 or min(values) == max(values):  # the rounded mean of equal values may be another
        same = values[0]
        return Interval(same, None if n == 1 else same, None if n == 1 else same, n)
    scale = max(abs(value - mean) for value in values)
    # Scaled, so that squares neither overflow nor vanish.
    spread = scale * math.sqrt(
        math.fsum(((value - mean) / scale) ** 2 for value in values) / (n - 1)
    )
    half = t_quantile(level, n - 1) * spread / math.sqrt(n)
    low, high = mean - half, mean + half
    if not (math.isfinite(low) and math.isfinite(high)):
        return Interval(mean, None, None, n)
    return Interval(mean, low, high, n)


@lru_cache(maxsize=256)
def t_quantile(level: float, freedom: int) -> float:
    """The t with P(|T| ≤ t) = level.

    Args:
        level: In (0, 1).
        freedom: Degrees of freedom, 1 or more.

    Raises:
        ValueError: A number is out of range.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, but got {level!r}.")
    if freedom < 1:
        raise ValueError(f"freedom must be at least 1, but got {freedom!r}.")
    low, high = 0.0, math.pi / 2
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _within(middle, freedom) < level:
            low = middle
        else:
            high = middle
    return math.sqrt(freedom) * math.tan((low + high) / 2)


def _within(angle: float, freedom: int) -> float:
    """P(|T| ≤ √freedom · tan(angle)), for whole degrees of freedom.

    Source: Abramowitz and Stegun 1964, 26.7.3 and 26.7.4.
    """
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = term if freedom > 1 else 0.0
    for k in range(3 if odd else 2, freedom - 1, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
