"""Confident: luck on one batch doesn't win."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

from langprop.population.rules.comparison import Comparison
from langprop.population.selection import Selection

if TYPE_CHECKING:
    import numpy as np

    from langprop.population.policy import Policy

_SAME = 10  # samples: two policies with equal scores on as many are taken to be equally good


class Confident(Selection):
    """Before a choice that noise could have made, those concerned are tested on more samples.

    Two policies are undecided while the difference of their priorities is less than `z` times its
    standard error, where what both did on the same samples is compared sample by sample. Equal
    priorities are undecided, too, unless the two scored the same on each of ten or more samples of
    the step. The trainer evaluates the undecided ones that stand on both sides of a boundary (that
    of the parents, or of the survivors) on further samples, up to `rounds` times in a step. These
    may be harder or easier than the batch, which is allowed for: see `Comparison`.

    What is still undecided then is settled by the lower bound of what a policy is likely to be
    worth, `priority - caution · error`: of two that look alike, the one that is better proved.

    The scatter of a policy's scores is estimated from them and, as if it were one score more, from
    the scatter of all policies': a handful of equal scores is no certainty.

    Args:
        z: Standard errors below which a difference may be luck.
        caution: Standard errors that are taken off a priority for the ranking.
        rounds: Further evaluations of undecided policies in a step, at the most; each on a batch.

    Raises:
        ValueError: A number is negative or not finite.

    Source: the undecided around a boundary, as in Kalyanakrishnan et al. 2012, "PAC subset
    selection in stochastic multi-armed bandits"; comparison on common samples, as in Law,
    "Simulation modeling and analysis", chapter 10.
    """

    name = "confident"

    def __init__(self, z: float = 2.0, *, caution: float = 1.0, rounds: int = 2) -> None:
        for name, value in (("z", z), ("caution", caution)):
            if not 0 <= value < math.inf:
                raise ValueError(f"{name} must not be negative, but got {value!r}.")
        if not isinstance(rounds, int) or rounds < 0:
            raise ValueError(f"rounds must be a whole number, 0 or more, but got {rounds!r}.")
        self.z = z
        self.caution = caution
        self.rounds = rounds

    def choose(self, policies: Sequence[Policy], k: int, rng: np.random.Generator) -> list[Policy]:
        """The `k` with the highest lower bounds."""
        del rng
        found = Comparison(policies)
        bounds = [
            worth - self.caution * error if math.isfinite(error) else -math.inf
            for worth, error in zip(found.worth, found.error, strict=True)
        ]
        order = sorted(
            range(len(policies)),
            key=lambda place: (policies[place].weight > 0, bounds[place], policies[place].rank),
            reverse=True,
        )
        return [policies[place] for place in order[:k]]

    def survive(
        self, policies: Sequence[Policy], capacity: int, rng: np.random.Generator
    ) -> list[Policy]:
        """As `choose`."""
        return self.choose(policies, capacity, rng)

    def undecided(self, policies: Sequence[Policy], k: int) -> list[Policy]:
        """The policies on both sides of the boundary that may belong to the other one.

        Args:
            policies: In any order; those without samples are passed over.
            k: How many are to be chosen.
        """
        known = [policy for policy in policies if policy.weight > 0]
        if not 0 < k < len(known):
            return []
        found = Comparison(known)
        order = sorted(range(len(known)), key=lambda place: found.worth[place], reverse=True)
        concerned: set[int] = set()
        for high, low in product(order[:k], order[k:]):
            if {high, low} <= concerned:
                continue
            gap = found.worth[high] - found.worth[low]
            equal = gap == 0 and found.equal(high, low, _SAME)
            if not equal and gap <= self.z * found.gap_error(high, low):
                concerned |= {high, low}
        return [known[place] for place in sorted(concerned)]
