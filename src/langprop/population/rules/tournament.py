"""Tournament: the best of some policies that are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from langprop.population.selection import Selection

if TYPE_CHECKING:
    import numpy as np

    from langprop.population.policy import Policy


class Tournament(Selection):
    """Each parent is the best of some policies that are drawn; parents differ from each other.

    Of `n` policies the one at the place `i`, counted from 0, becomes the first parent with the
    probability `((n - i)^size - (n - i - 1)^size) / n^size`. It helps where the best policies are
    alike, and where `top_k` would improve the same ones for ever.

    Args:
        size: Policies that are drawn for one parent, with replacement. 1 draws any; the larger,
            the more the best are favoured.

    Raises:
        ValueError: `size` is less than 1.

    Source: Goldberg and Deb 1991, "A comparative analysis of selection schemes used in
    genetic algorithms".
    """

    name = "tournament"

    def __init__(self, size: int = 2) -> None:
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"size must be a whole number of at least 1, but got {size!r}.")
        self.size = size

    def choose(self, policies: Sequence[Policy], k: int, rng: np.random.Generator) -> list[Policy]:
        """The winners of `k` tournaments; who won one takes no part in the next."""
        rest: list[Policy] = list(policies)
        winners: list[Policy] = []
        while rest and len(winners) < k:
            place = int(rng.integers(len(rest), size=self.size).min())
            winners.append(rest.pop(place))
        return winners
