"""Seeds: every random choice of a run comes from one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.data: np.random.Generator | None = None

    def spawn(self, optimizer: Optimizer, module: Module) -> None:
        """Give each owner of random choices a generator of its own.

        What continues an earlier run (a module with policies) keeps its generators.
        """
        import numpy as np

        if self.data is not None and len(module.population):
            return
        data, writing, ranking = np.random.SeedSequence(self.seed).spawn(3)
        self.data = np.random.default_rng(data)
        optimizer.seed(int(writing.generate_state(1)[0]))
        module.population.seed(int(ranking.generate_state(1)[0]))
