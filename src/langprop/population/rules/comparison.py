"""Comparison: what policies are worth, and how sure that is, from common samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from langprop.population.rules.score_table import score_table

if TYPE_CHECKING:
    import numpy as np

    from langprop.population.policy import Policy


_POOLED = 1.0  # degrees of freedom that the variance of all policies has in that of one


class Comparison:
    """What policies are worth, and how sure that is.

    Samples differ in difficulty. Where some policies were tested on more samples than others, their
    scores on these are corrected by how much harder or easier the samples are, as far as it shows
    in the policies that saw them: the model is `score = policy + sample + noise`. Where all saw the
    same samples, a policy is worth its priority.

    Samples are told apart by `Record.sample`; further samples of a step go on where the batch ends.

    Args:
        policies: What is compared; one at least.

    Attributes:
        worth: The corrected priority of each policy.
        error: Standard error of it; infinite if nothing is known. That the step's samples may be
            hard or easy counts less for a policy with a long past.

    Source: the intra-block analysis of incomplete block designs; Montgomery, "Design and analysis
    of experiments".
    """

    def __init__(self, policies: Sequence[Policy]) -> None:
        import numpy as np

        self._scores = score_table(policies)
        seen = ~np.isnan(self._scores)
        self._counts = seen.sum(axis=1)
        past = np.array([_past(policy) for policy in policies])
        with np.errstate(all="ignore"):  # scores may be huge, and means of nothing
            weights = past[:, 0] + self._counts
            self._share = np.where(weights > 0, self._counts / weights, 0.0)
            self._past = np.where(past[:, 0] > 0, (1 - self._share) * past[:, 1], 0.0) ** 2
            means = np.where(
                self._counts > 0, np.where(seen, self._scores, 0).sum(axis=1) / self._counts, 0.0
            )
            effects = means if seen.all() else _effects(self._scores, seen, means)
            shift = np.nan_to_num(effects - means) * self._share
            self.worth = [
                policy.priority + float(more) for policy, more in zip(policies, shift, strict=True)
            ]
            self._noise, self._difficulty = self._variances(effects, seen)
            everywhere = seen[self._counts > 0].all(axis=0).sum() or self._counts.max(initial=1)
            step = self._noise / np.maximum(1, self._counts) + self._difficulty / everywhere
            error = np.sqrt(np.where(self._counts > 0, self._share**2 * step, 0.0) + self._past)
        known = [policy.weight > 0 for policy in policies]
        self.error = [
            float(value) if here and not math.isnan(value) else math.inf
            for value, here in zip(error, known, strict=True)
        ]

    def _variances(self, effects: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, float]:
        """Of the noise in one score of each policy, and of the samples' difficulty."""
        import numpy as np

        rest = np.where(seen, self._scores - effects[:, None], 0.0)
        samples = rest.sum(axis=0) / np.maximum(1, seen.sum(axis=0))
        rest = np.where(seen, rest - samples, 0.0)
        freedom = np.maximum(0, self._counts - 1)
        if not freedom.any():
            return np.full(len(freedom), math.inf), math.inf
        rows = int((self._counts > 0).sum())
        # The samples' effects were fitted, too.
        squares = (rest * rest).sum(axis=1) * (rows / (rows - 1) if rows > 1 else 1.0)
        pooled = squares.sum() / freedom.sum()
        difficulty = float(((samples - samples.mean()) ** 2).sum() / max(1, len(samples) - 1))
        return (squares + _POOLED * pooled) / (freedom + _POOLED), difficulty

    def gap_error(self, one: int, other: int) -> float:
        """Standard error of the difference of two policies' worth.

        What both did on the same samples is compared sample by sample.
        """
        import numpy as np

        past = self._past[one] + self._past[other]
        if not self._counts[one] and not self._counts[other]:
            return math.inf if math.isnan(past) else math.sqrt(past)
        a, b = self._scores[one], self._scores[other]
        common = ~np.isnan(a) & ~np.isnan(b)
        count = int(common.sum())
        if not count:
            return math.inf
        with np.errstate(all="ignore"):
            gaps = self._share[one] * a[common] - self._share[other] * b[common]
            expected = (
                self._share[one] ** 2 * self._noise[one]
                + self._share[other] ** 2 * self._noise[other]
                + (self._share[one] - self._share[other]) ** 2 * self._difficulty
            )
            variance = ((gaps - gaps.mean()) ** 2).sum() + _POOLED * expected
            variance /= count - 1 + _POOLED
            error = float(np.sqrt(variance / count + past))
        return math.inf if math.isnan(error) else error

    def equal(self, one: int, other: int, least: int) -> bool:
        """Whether the two scored the same on each of `least` samples or more, and on no others."""
        import numpy as np

        same = np.array_equal(self._scores[one], self._scores[other], equal_nan=True)
        return bool(same and self._counts[one] >= least)


def _past(policy: Policy) -> tuple[float, float]:
    """Weight and standard error of the past; if the error isn't known, that of all samples."""
    weight, error = 0.0, 0.0
    for name, tracker in policy.trackers.items():
        if tracker.past_weight:
            weight = max(weight, tracker.past_weight)
            known = tracker.past.stderr
            known = known if math.isfinite(known) else tracker.stderr
            factor = abs(policy.weights.get(name, 1.0))
            error += factor * known if factor else 0.0
    return weight, error


def _effects(scores: np.ndarray, seen: np.ndarray, means: np.ndarray) -> np.ndarray:
    """The policies' part of their scores, by least squares; on the level of the common samples."""
    import numpy as np

    here = seen.any(axis=1)
    seen, scores = seen[here], np.where(seen, scores, 0.0)[here]
    effects: np.ndarray = means.copy()
    per_sample = np.maximum(1, seen.sum(axis=0))
    matrix = np.diag(seen.sum(axis=1).astype(float)) - (seen / per_sample) @ seen.T
    right = (scores - seen * (scores.sum(axis=0) / per_sample)).sum(axis=1)
    if not (np.isfinite(matrix).all() and np.isfinite(right).all()):
        return effects
    solved = np.linalg.pinv(matrix) @ right  # without the level, which isn't determined
    common = seen.all(axis=0)
    if common.any():
        solved += (scores[:, common] - solved[:, None]).mean()
    else:
        solved += ((scores - solved[:, None]) * seen).sum() / seen.sum()
    effects[here] = solved
    return effects
