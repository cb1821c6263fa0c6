"""Pareto: whoever is best on some sample, or beaten by nobody in all objectives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

from langprop.population.rules.front import crowding, fronts, objective_table
from langprop.population.rules.score_table import score_table
from langprop.population.selection import Selection

if TYPE_CHECKING:
    import numpy as np

    from langprop.population.policy import Policy


By = Literal["sample", "objective"]


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

    With `by="objective"` the front is another one: that of the policies which no other one beats in
    the means of all objectives of the score (where `score` returns a dict), so that an accurate
    script and a fast one survive side by side. An objective with a negative weight is better the
    less it is; one with the weight 0 doesn't count.

    - Who survives: the best by priority; then the front, then the front of the others, and so on;
      of the last one that finds room, those whose neighbours are far away.
    - Parents are drawn from the front, each as likely; then the best of the others follow.

    A score that is one number makes a front of the best alone: the rest goes by priority.

    Args:
        tolerance: Scores this close to the best of a sample are as good, in units of the score. By
            objective: what a policy must be better by somewhere to beat another one.
        by: "sample" or "objective".

    Raises:
        ValueError: `tolerance` is negative or no finite number; or `by` is something else.

    Source: the per-sample front of Agrawal et al. 2025, "GEPA: Reflective Prompt
    Evolution Can Outperform Reinforcement Learning"; by objective, Deb et al. 2002, "A fast and
    elitist multiobjective genetic algorithm: NSGA-II".
    """

    name = "pareto"

    def __init__(self, tolerance: float = 0.0, *, by: By = "sample") -> None:
        if isinstance(tolerance, str):
            raise ValueError(
                f"tolerance must be a number, but got {tolerance!r}; for another front write "
                "Pareto(by='objective'), or in YAML {class_path: pareto, init_args: {by: …}}."
            )
        if by not in get_args(By):
            raise ValueError(f"by must be 'sample' or 'objective', but got {by!r}.")
        if not 0 <= tolerance < float("inf"):
            raise ValueError(f"tolerance must not be negative, but got {tolerance!r}.")
        self.tolerance = tolerance
        self.by = by

    def choose(self, policies: Sequence[Policy], k: int, rng: np.random.Generator) -> list[Policy]:
        """Draw `k` parents from the front; the rest by priority."""
        import numpy as np

        if self.by == "objective":
            shares = np.zeros(len(policies))
            shares[_fronts(policies, self.tolerance)[0]] = 1.0
        else:
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
        """Cover as many samples as possible, then keep the best of the others.

        By objective: front after front.
        """
        del rng
        if self.by == "objective":
            return _front_by_front(policies, capacity, self.tolerance)
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


def _fronts(policies: Sequence[Policy], tolerance: float) -> list[list[int]]:
    table = objective_table(policies)
    if not table.shape[1]:  # one number: a front is a single policy, since they come best first
        return [[place] for place in range(len(policies))]
    return fronts(table, tolerance)


def _front_by_front(policies: Sequence[Policy], capacity: int, tolerance: float) -> list[Policy]:
    table = objective_table(policies)
    kept = [0]  # the best by priority; it may be beaten where the weights were changed, or by luck
    for front in _fronts(policies, tolerance):
        distances = crowding(table[front])
        order = sorted(range(len(front)), key=lambda place: -distances[place])
        kept += [front[place] for place in order if front[place]]
    return [policies[place] for place in kept[:capacity]]


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
