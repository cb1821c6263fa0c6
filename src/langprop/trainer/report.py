"""Report: the outcome of a validation or test."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langprop.population.moments import Moments
from langprop.population.record import Record
from langprop.trainer.intervals import mean_interval

_Z = 1.959964  # standard errors to each side that hold 95 % of a normal distribution


@dataclass(frozen=True)
class Report:
    """How the best policy did on a set of samples.

    Attributes:
        policy: Its id.
        records: One per sample, in order.
    """

    policy: str
    records: Sequence[Record]

    @property
    def score(self) -> float:
        """Mean score."""
        return _mean([record.score for record in self.records])

    @property
    def stderr(self) -> float:
        """Standard error of the mean; 0 for one sample."""
        return _stderr([record.score for record in self.records])

    @property
    def interval(self) -> tuple[float, float]:
        """Where the mean over all such samples lies, with 95 % confidence.

        Wilson's interval where every score is 0 or 1, else Student's; for one sample, or equal ones
        that aren't 0 or 1, nothing is known of the spread, and both ends are the mean.

        Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
        """
        return _interval([record.score for record in self.records])

    @property
    def scores(self) -> dict[str, float]:
        """Mean of each objective; empty for a score that is one number."""
        return {name: _mean(values) for name, values in self._objectives.items()}

    @property
    def stderrs(self) -> dict[str, float]:
        """Standard error of each objective's mean."""
        return {name: _stderr(values) for name, values in self._objectives.items()}

    @property
    def statuses(self) -> dict[str, int]:
        """Samples by status."""
        return dict(Counter(record.status for record in self.records))

    @property
    def _objectives(self) -> dict[str, list[float]]:
        values: dict[str, list[float]] = {}
        for record in self.records:
            for name, value in record.scores.items():
                values.setdefault(name, []).append(value)
        return values

    def to_dict(self) -> dict[str, Any]:
        """As JSON data, without the records."""
        return {
            "policy": self.policy,
            "score": self.score,
            "stderr": self.stderr,
            "interval": list(self.interval),
            "n": len(self.records),
            "statuses": self.statuses,
            "scores": self.scores,
        }

    def __str__(self) -> str:
        values = [record.score for record in self.records]
        text = f"{_shown(values, ' (95 %)')} over {len(values)} samples"
        parts = [f"{name} {_shown(each)}" for name, each in self._objectives.items()]
        failed = [f"{count} {status}" for status, count in self.statuses.items() if status != "ok"]
        return (
            text
            + (f": {', '.join(parts)}" if parts else "")
            + (f"; failed: {', '.join(failed)}" if failed else "")
        )


def _shown(values: Sequence[float], level: str = "") -> str:
    low, high = _interval(values)
    bounds = f" [{low:.4g}, {high:.4g}]{level}" if low < high else ""
    return f"{_mean(values):.4g}{bounds}"


def _interval(values: Sequence[float]) -> tuple[float, float]:
    if len(values) > 1 and all(value in (0, 1) for value in values):
        return _wilson(int(sum(values)), len(values))
    found = mean_interval(values)
    if found.low is None or found.high is None:
        return found.mean, found.mean
    return found.low, found.high


def _wilson(successes: int, n: int) -> tuple[float, float]:
    share, square = successes / n, _Z * _Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = _Z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    low = 0.0 if successes == 0 else middle - half
    return low, 1.0 if successes == n else middle + half


def _mean(values: Sequence[float]) -> float:
    return math.fsum(value / len(values) for value in values)


def _stderr(values: Sequence[float]) -> float:
    return Moments.of(list(values)).stderr if len(values) > 1 else 0.0
