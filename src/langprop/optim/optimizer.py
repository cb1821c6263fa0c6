"""Optimizer: reads the memory, writes new scripts."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from langprop.llms.account import Account
from langprop.llms.base import Usage
from langprop.numbers import share, whole
from langprop.scripts.script import Script

if TYPE_CHECKING:
    import numpy as np

    from langprop.llms.budget import Budget
    from langprop.llms.cassette import Cassette
    from langprop.llms.replay import Recording
    from langprop.modules.module import Module
    from langprop.optim.workshop import Workshop
    from langprop.population.policy import Policy
    from langprop.population.selection import Selection
    from langprop.sandbox.limits import Limits

Placed: TypeAlias = tuple[int, Script]
"""A script, and its place among those that were asked for in a step."""


class Optimizer(abc.ABC):
    """Reads the memory (a module's population), writes new scripts.

    Args:
        n_parents: Parents chosen in a step.
        n_children: Children of each parent.
        capacity: Policies kept at the ranking.
        decay: What is left of the past's weight after a step, in [0, 1].

    Attributes:
        name: For the display.
        account: What was spent on models, and what may be.
        selection: Rule that chooses parents, and may decide who is kept; None for the best.
        limits: What a script may use, to be told to whoever writes it; a trainer gives its own.
        cassette: Where exchanges with models are recorded; a trainer gives the one of its run.
        recorded: What was recorded of this run before it was resumed; a reply that is there isn't
            asked for again.
        survivors: Policies kept at once after the children were judged; None (as in the paper) lets
            every child live until the next step's ranking, on another batch.

    Raises:
        ValueError: A number is out of range.
    """

    name: str = "optimizer"
    survivors: int | None = None
    selection: Selection | None = None
    limits: Limits | None = None
    cassette: Cassette | None = None
    recorded: Recording | None = None
    _workshop: Workshop | None = None

    def __init__(
        self, *, n_parents: int = 3, n_children: int = 2, capacity: int = 4, decay: float = 0.9
    ) -> None:
        self.n_parents = whole("n_parents", n_parents)
        self.n_children = whole("n_children", n_children)
        self.capacity = whole("capacity", capacity)
        self.decay = share("decay", decay)
        self.account = Account()
        self._rng: np.random.Generator | None = None

    @property
    def rng(self) -> np.random.Generator:
        """Every random choice of this optimizer draws from it; the trainer seeds and saves it."""
        if self._rng is None:
            self.seed(0)
        assert self._rng is not None  # noqa: S101 - for mypy
        return self._rng

    def seed(self, seed: int) -> None:
        """Restart the generator."""
        import numpy as np

        self._rng = np.random.default_rng(seed)

    @property
    def workshop(self) -> Workshop:
        """Where to read and edit what a model wrote: in a guarded process, never in this one.

        A trainer gives its own while it trains, which works in the trainer's executor; otherwise
        there is one for all.

        Raises:
            IsolationError: There is no guarded process to be had here; says what to type.
        """
        if self._workshop is None:
            from langprop.optim.workshop import Workshop

            return Workshop.shared()
        return self._workshop

    @workshop.setter
    def workshop(self, workshop: Workshop | None) -> None:
        self._workshop = workshop

    @abc.abstractmethod
    def setup(self, module: Module) -> list[Script]:
        """Write the first scripts of a module.

        Scripts that have no id yet get theirs from the trainer: don't ask for it here.
        """

    @abc.abstractmethod
    def update(self, module: Module) -> list[Script]:
        """Choose parents from the module's population and write their children."""

    def stream_setup(self, module: Module) -> Iterator[list[Placed]]:
        """As `setup`, but scripts are handed over as they are there, with their places.

        An empty list may be handed over while nothing has come. What the scripts are must not
        depend on the order in which they come.
        """
        yield list(enumerate(self.setup(module)))

    def stream_update(self, module: Module) -> Iterator[list[Placed]]:
        """As `update`, but children are handed over as they are there; see `stream_setup`."""
        yield list(enumerate(self.update(module)))

    def judged(self, module: Module, children: Sequence[Policy]) -> None:  # noqa: B027 - optional
        """Look at the children of a step, now that they were judged on the same batch."""

    def check_budget(self, budget: Budget) -> None:  # noqa: B027 - optional: most spend nothing
        """See that a budget can be kept.

        Raises:
            ConfigError: It is in money, and the price of the model isn't known.
        """

    def expected_usage(self, module: Module, steps: int) -> Usage:  # noqa: ARG002 - of the contract
        """What so many steps are likely to use of models; nothing, unless it asks one."""
        return Usage()

    def settings(self) -> dict[str, Any]:
        """What it was made with, as plain data for the run's folder; no secrets."""
        names = ("name", "n_parents", "n_children", "capacity", "decay", "survivors")
        return {name: getattr(self, name) for name in names}

    def close(self) -> None:  # noqa: B027 - optional: most optimizers hold nothing
        """Let go of connections."""

    @property
    def in_flight(self) -> int:
        """Requests to models that wait for replies now; may be asked from any thread."""
        return 0

    def usage(self) -> dict[str, float]:
        """What was spent: calls, prompt_tokens, completion_tokens, usd; absent where unknown."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next step depends on, as plain JSON data."""
        return {"rng": self.rng.bit_generator.state}

    def __getstate__(self) -> dict[str, Any]:
        """All but the workshop (a process), the run, and requests: a copy gets its own."""
        return {
            name: value
            for name, value in vars(self).items()
            if name not in ("_workshop", "cassette", "recorded", "_held")
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved state."""
        self.rng.bit_generator.state = state["rng"]
