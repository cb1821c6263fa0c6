"""Moments: mean and spread of weighted scores."""

from __future__ import annotations

import math
from typing import NamedTuple


class Moments(NamedTuple):
    """Mean and spread of scores, each with a weight in [0, 1].

    Attributes:
        weight: Sum of the weights.
        squares: Sum of the squared weights. Where single weights aren't known, `weight` stands for
            it, which is the most that it can be.
        mean: Weighted mean; 0 without scores.
        spread: Sum of the weighted squared distances from the mean; None if it isn't known.
    """

    weight: float = 0.0
    squares: float = 0.0
    mean: float = 0.0
    spread: float | None = 0.0

    @classmethod
    def of(cls, scores: list[float]) -> Moments:
        """Of scores with the weight 1 each."""
        if not scores:
            return cls()
        mean = _mean(scores)
        try:
            spread = math.fsum([(score - mean) * (score - mean) for score in scores])
        except OverflowError:
            spread = math.inf
        return cls(len(scores), len(scores), mean, _known(spread))

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the spread: one less than the scores, if all weigh the same."""
        return max(0.0, self.weight - self.squares / self.weight) if self.weight > 0 else 0.0

    @property
    def effective(self) -> float:
        """Number of scores with equal weights whose mean would be as sure as this one."""
        return self.weight * self.weight / self.squares if self.squares > 0 else 0.0

    @property
    def variance(self) -> float:
        """Of one score, without bias; infinite if too little is known."""
        freedom = self.freedom
        if self.spread is None or freedom <= 1e-9 * self.weight:  # rounding leaves a little
            return math.inf
        return self.spread / freedom

    @property
    def stderr(self) -> float:
        """Standard error of the mean; infinite if too little is known.

        Source: the variance of a mean with reliability weights, s² · Σw² / (Σw)².
        """
        return math.sqrt(self.variance / self.effective) if self.effective else math.inf

    def plus(self, other: Moments) -> Moments:
        """Of these scores and others.

        If the spread of some isn't known, they are taken to vary as the others do.
        """
        if not other.weight:
            return self
        if not self.weight:
            return other
        mean = between(self.mean, self.weight, other.mean, other.weight)
        first, second = self._spread_as(other), other._spread_as(self)
        spread = None
        if first is not None and second is not None:
            gap = other.mean - self.mean
            share = self.weight / (self.weight + other.weight)
            spread = _known(first + second + gap * gap * share * other.weight)
        return Moments(self.weight + other.weight, self.squares + other.squares, mean, spread)

    def decayed(self, decay: float) -> Moments:
        """Of the same scores, each with its weight times `decay`, in [0, 1]."""
        spread = None if self.spread is None else self.spread * decay
        return Moments(self.weight * decay, self.squares * decay * decay, self.mean, spread)

    def _spread_as(self, other: Moments) -> float | None:
        if self.spread is None and math.isfinite(other.variance):
            return other.variance * self.freedom
        return self.spread


def between(a: float, weight_a: float, b: float, weight_b: float) -> float:
    """The weighted mean of two numbers; 0 without weights.

    Rounding never takes it out of the interval: where both are 1, a target of 1 is reached.
    """
    weight = weight_a + weight_b
    if weight == 0:
        return 0.0
    mean = a * (weight_a / weight) + b * (weight_b / weight)
    if weight_a == 0:
        return b
    if weight_b == 0:
        return a
    return min(max(mean, min(a, b)), max(a, b))


def _mean(values: list[float]) -> float:
    try:
        return math.fsum(values) / len(values)
    except OverflowError:  # of the sum, where the scores are huge
        return math.fsum(value / len(values) for value in values)


def _known(spread: float) -> float | None:
    return spread if math.isfinite(spread) else None
