"""Pareto: whoever is best on some sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from langprop.population.rules.score_table import score_table
from langprop.population.selection import Selection

if TYPE_CHECKING:
    import numpy as np

    from langprop.population.policy import Policy


class Pareto(Selection):
    """A policy that is best on some sample of the step survives, though its mean be low.

    So a script that alone solves a rare case isn't lost before its idea was joined with others. The
    front is that of the step's batch: a specialist of samples that aren't in it has no advantage,
    so let a batch hold all kinds of samples, or the whole data (`batch_size=None`).

    - Who survives: the best by priority; then, again and again, the policy that is best on most
      samples on which no survivor is; then others by priority.
    - Parents are drawn from the front with a probability that grows with the number of samples they
      are best on; a sample on which several are best is shared by them. A policy that is best only
      where another one is, too, which is best elsewhere as well, isn't drawn. Where the front is
      smaller than the number of parents, the best of the others follow.

    Samples on which all are equally good say nothing. With several trackers the score on a sample
    is their weighted sum.

    Args:
        tolerance: Scores this close to the best of a sample are as good, in units of the score.

    Raises:
        ValueError: `tolerance` is negative or no finite number.

    Source: the per-sample front of Agrawal et al. 2025, "GEPA: Reflective Prompt
    Evolution Can Outperform Reinforcement Learning".
    """

    name = "pareto"

    def __init__(self, tolerance: float = 0.0) -> None:
        if not 0 <= tolerance < float("inf"):
            raise ValueError(f"tolerance must not be negative, but got {tolerance!r}.")
        self.tolerance = tolerance

    def choose(self, policies: Sequence[Policy], k: int, rng: np.random.Generator) -> list[Policy]:
        """Draw `k` parents from the front; the rest by priority."""
        import numpy as np

        shares = self._shares(best_on(policies, self.tolerance))
        drawn = min(k, int((shares > 0).sum()))
        chosen = []
        if drawn:
            places = rng.choice(len(policies), size=drawn, replace=False, p=shares / shares.sum())
            chosen = [int(place) for place in places]
        rest = np.setdiff1d(np.arange(len(policies)), chosen)
        return [policies[place] for place in [*chosen, *rest][:k]]

    def survive(
        self, policies: Sequence[Policy], capacity: int, rng: np.random.Generator
    ) -> list[Policy]:
        """Cover as many samples as possible, then keep the best of the others."""
        del rng
        wins = best_on(policies, self.tolerance)
        rest = list(range(len(policies)))
        kept: list[int] = []
        while rest and len(kept) < capacity:
            # The first is the best by priority. Afterwards: of those that cover as much, the best.
            most = rest[int(wins[rest].sum(axis=1).argmax())] if kept else rest[0]
            rest.remove(most)
            kept.append(most)
            wins = wins & ~wins[most]
        return [policies[place] for place in kept]

    @staticmethod
    def _shares(wins: np.ndarray) -> np.ndarray:
        """What weight each policy is drawn with."""
        count = wins.sum(axis=1)
        common = wins.astype(float) @ wins.T
        # Whoever is best only where another one is, too, which is best elsewhere as well.
        lesser = ((common == count[:, None]) & (count > count[:, None])).any(axis=1)
        front = wins & ~lesser[:, None]
        winners = front.sum(axis=0)
        shares: np.ndarray = (front / winners.clip(min=1)).sum(axis=1)
        return shares


def best_on(policies: Sequence[Policy], tolerance: float = 0.0) -> np.ndarray:
    """The samples of the step that each policy is best on.

    Returns:
        A `(policies, samples)` array of bool, without the samples on which all policies that were
        tested on them are equally good.
    """
    import numpy as np

    scores = score_table(policies)
    seen = ~np.isnan(scores)
    least = np.where(seen, scores, -np.inf).max(axis=0, initial=-np.inf) - tolerance
    wins = seen & (scores >= least)
    telling: np.ndarray = wins[:, (seen & ~wins).any(axis=0)]
    return telling
