"""Report: the outcome of a validation or test."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from langprop.population.record import Record


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
        return math.fsum(record.score / len(self.records) for record in self.records)

    @property
    def stderr(self) -> float:
        """Standard error of the mean; 0 for one sample."""
        n = len(self.records)
        if n < 2:
            return 0.0
        mean = self.score
        return math.sqrt(
            math.fsum((record.score - mean) ** 2 for record in self.records) / (n - 1) / n
        )

    @property
    def statuses(self) -> dict[str, int]:
        """Samples by status."""
        return dict(Counter(record.status for record in self.records))

    def __str__(self) -> str:
        failed = {status: count for status, count in self.statuses.items() if status != "ok"}
        tail = (
            f"; failed: {', '.join(f'{count} {status}' for status, count in failed.items())}"
            if failed
            else ""
        )
        spread = f" ± {1.96 * self.stderr:.3g} (95 %)" if self.stderr else ""
        return f"{self.score:.4g}{spread} over {len(self.records)} samples{tail}"
