"""Seeds: every random choice of a run comes from one number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from langprop.modules.module import Module
    from langprop.optim.optimizer import Optimizer


class Seeds:
    """Every random choice of a run comes from one number.

    Args:
        seed: The number.

    Attributes:
        data: Generator that shuffles the samples; None before `spawn`.
        further: Generator that draws samples for further tests; likewise.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.data: np.random.Generator | None = None
        self.further: np.random.Generator | None = None

    def spawn(self, optimizer: Optimizer, module: Module, others: Sequence[Module] = ()) -> None:
        """Give each owner of random choices a generator of its own.

        What continues an earlier run (a module with policies) keeps its generators.
        """
        import numpy as np

        if self.data is not None and len(module.population):
            return
        spawned = np.random.SeedSequence(self.seed).spawn(4 + len(others))
        data, writing, ranking, further = spawned[:4]
        self.data = np.random.default_rng(data)
        self.further = np.random.default_rng(further)
        optimizer.seed(int(writing.generate_state(1)[0]))
        module.population.seed(int(ranking.generate_state(1)[0]))
        for other, own in zip(others, spawned[4:], strict=True):
            if not len(other.population):
                other.population.seed(int(own.generate_state(1)[0]))

    @property
    def further_state(self) -> dict[str, Any] | None:
        """State of the generator of further samples, as JSON data."""
        return None if self.further is None else dict(self.further.bit_generator.state)

    @further_state.setter
    def further_state(self, state: dict[str, Any] | None) -> None:
        if state is not None and self.further is not None:
            self.further.bit_generator.state = state
