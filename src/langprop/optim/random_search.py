"""RandomSearch: random scripts from scratch; the baseline of `MutationOptimizer`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from langprop.optim.mutation import MutationOptimizer

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.scripts.script import Script


class RandomSearch(MutationOptimizer):
    """Writes random scripts from scratch, and keeps the best: mutation without selection.

    Every script is a random body for the stub, or, where the module has seed scripts, one of these
    after up to three random edits. No script descends from another one that did well. With the same
    numbers, a step writes as many scripts as one of `MutationOptimizer`.

    Args:
        n_parents: A step writes `n_parents · n_children` scripts.
        n_children: See `n_parents`.
        capacity: Policies kept at the ranking.
        decay: What is left of the past's weight after a step, in [0, 1].
        n_first: First scripts; None for `n_parents * n_children`.

    Raises:
        ValueError: A number is out of range.
    """

    name = "random"

    def __init__(
        self,
        *,
        n_parents: int = 8,
        n_children: int = 4,
        capacity: int = 8,
        decay: float = 0.9,
        n_first: int | None = None,
    ) -> None:
        super().__init__(
            n_parents=n_parents,
            n_children=n_children,
            capacity=capacity,
            decay=decay,
            n_first=n_first,
        )

    def update(self, module: Module) -> list[Script]:
        """Write as many scripts as there would be children."""
        for policy in module.population.policies:
            self._is_new(policy.script)
        count = self.n_parents * self.n_children
        return self._distinct(count, partial(self._from_scratch, module))
