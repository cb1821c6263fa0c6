"""Dice: the few kinds of random choice that mutation makes, all from one generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")


class Dice:
    """Random choices from a numpy generator.

    `Generator.choice` makes an array of its argument, which costs more than the edit that it
    decides; these draw one uniform number each.

    Args:
        rng: The generator that every choice draws from.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return bool(self.rng.random() < probability)

    def below(self, n: int) -> int:
        """An integer in [0, n)."""
        return min(int(self.rng.random() * n), n - 1)

    def between(self, low: int, high: int) -> int:
        """An integer in [low, high]."""
        return low + self.below(high - low + 1)

    def pick(self, items: Sequence[T]) -> T:
        """One item, each as likely as the others."""
        return items[self.below(len(items))]

    def weighted(self, options: Sequence[tuple[float, T]]) -> T:
        """One item of (weight, item) pairs; weights are not negative and not all 0."""
        left = self.rng.random() * sum(weight for weight, _ in options)
        for weight, item in options:
            left -= weight
            if left < 0:
                return item
        return max(options, key=lambda option: option[0])[1]

    def normal(self) -> float:
        """A standard normal number."""
        return float(self.rng.standard_normal())

    def lognormal(self, sigma: float) -> float:
        """A positive number whose logarithm is normal, with median 1."""
        return float(self.rng.lognormal(0.0, sigma))

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in random order."""
        return [items[int(index)] for index in self.rng.permutation(len(items))]
