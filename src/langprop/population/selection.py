"""Selection rules: which policies become parents.

A rule is a function `(policies, k, rng) -> at most k policies`; the policies come best first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

    from langprop.population.policy import Policy


class Selection(Protocol):
    """A rule that chooses parents."""

    def __call__(
        self, policies: Sequence[Policy], k: int, rng: np.random.Generator
    ) -> list[Policy]:
        """Choose at most `k` of the policies, which come best first."""


def top_k(policies: Sequence[Policy], k: int, rng: np.random.Generator) -> list[Policy]:
    """The `k` best: the paper's rule. The ranking has settled ties already, so nothing is drawn."""
    del rng
    return list(policies[:k])
