"""Novelty: of near-copies only the best survives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from langprop.population.rules.likeness import likeness
from langprop.population.selection import Chooser, Selection, as_selection

if TYPE_CHECKING:
    import numpy as np

    from langprop.population.policy import Policy


class Novelty(Selection):
    """Of policies that are nearly the same text only the best survives.

    So the places of the population are for different ideas. Near-copies are told apart after they
    were judged, not before: a child that corrects one character of its parent is a near-copy, too,
    and takes its parent's place if it is better. There may be fewer survivors than places.

    The same program is known again whatever its layout, comments, docstrings and the names of its
    variables. Only text is compared; nothing is parsed. See `likeness`.

    Args:
        threshold: Likeness from which two sources are near-copies, in (0, 1]; 1 for the same
            program only. One changed word in a function of `n` words leaves a likeness of about
            `(n - 6) / (n + 6)`: 0.79 for 50 words, 0.94 for 200.
        within: Rule that chooses among those that are left: a name, a function or a `Selection`.

    Raises:
        ValueError: The threshold is outside (0, 1].
        ConfigError: There is no such rule.

    Source: rejection of near-copies, as in Lange et al. 2025, "ShinkaEvolve", though of text
    instead of embeddings, and after the evaluation.
    """

    name = "novelty"

    def __init__(
        self, threshold: float = 0.9, *, within: Selection | Chooser | str = "top_k"
    ) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold must be above 0, and at most 1, but got {threshold!r}.")
        self.threshold = threshold
        self.within: Selection = as_selection(within)
        self.rounds = self.within.rounds

    def choose(self, policies: Sequence[Policy], k: int, rng: np.random.Generator) -> list[Policy]:
        """Parents that differ, by the rule within."""
        return self.within(self.distinct(policies), k, rng)

    def survive(
        self, policies: Sequence[Policy], capacity: int, rng: np.random.Generator
    ) -> Sequence[Policy]:
        """Those that differ, by the rule within."""
        return self.within.survive(self.distinct(policies), capacity, rng)

    def undecided(self, policies: Sequence[Policy], k: int) -> list[Policy]:
        """As the rule within says."""
        return self.within.undecided(policies, k)

    def distinct(self, policies: Sequence[Policy]) -> list[Policy]:
        """The policies, best first, without those that are near-copies of a better one."""
        kept: list[Policy] = []
        for policy in policies:
            source = policy.script.source
            if all(likeness(source, better.script.source) < self.threshold for better in kept):
                kept.append(policy)
        return kept
