"""ReplayBuffer: numbers of frames that are trained on again, those of infractions most often."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langprop.errors import CheckpointError

if TYPE_CHECKING:
    import numpy as np


class ReplayBuffer:
    """Numbers of frames, from which batches are drawn without replacement, by weight.

    It holds numbers, not frames: these lie in a dataset. When it is full, the oldest is forgotten.
    The chance that a number is drawn first is its share of the weights; then the others' shares
    decide, and so on.

    Args:
        capacity: Numbers that are kept at the most.

    Raises:
        ValueError: `capacity` is less than 1.

    Source: Ishida et al. 2024, where frames before an infraction weigh 100 times as much. Drawn as
    by Efraimidis and Spirakis 2006: the `count` smallest of `-log(u) / weight`.
    """

    def __init__(self, capacity: int = 10_000) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, but got {capacity!r}.")
        self.capacity = capacity
        self._weights: dict[int, float] = {}  # the oldest first

    def __len__(self) -> int:
        return len(self._weights)

    def __contains__(self, number: object) -> bool:
        return number in self._weights

    @property
    def numbers(self) -> list[int]:
        """What it holds, the oldest first."""
        return list(self._weights)

    def weight(self, number: int) -> float:
        """The weight of a number.

        Raises:
            KeyError: It isn't here.
        """
        return self._weights[number]

    def add(self, number: int, weight: float = 1.0) -> None:
        """Take a number in, or give one that is here another weight; it counts as the newest.

        Raises:
            ValueError: The weight isn't positive and finite.
        """
        if not (0 < weight < math.inf):
            raise ValueError(f"a weight must be positive and finite, but got {weight!r}.")
        self._weights.pop(number, None)
        self._weights[number] = float(weight)
        while len(self._weights) > self.capacity:
            del self._weights[next(iter(self._weights))]

    def sample(
        self, count: int, rng: np.random.Generator, *, heavy: int | None = None
    ) -> list[int]:
        """Draw numbers, each once at the most; all of them if there are no more than `count`.

        What is drawn depends on nothing but the buffer and the generator.

        Args:
            count: How many.
            rng: Draws.
            heavy: How many of them may weigh other than 1 at the most; None for any number. Others
                are drawn in the place of those beyond, as far as there are any.
        """
        import numpy as np

        if count < 1 or not self._weights:
            return []
        numbers = list(self._weights)
        weights = np.fromiter(self._weights.values(), dtype=np.float64, count=len(numbers))
        keys = rng.exponential(size=len(numbers)) / weights
        order = np.argsort(keys, kind="stable")
        if heavy is not None:
            weighty = weights[order] != 1.0
            order = order[~weighty | (np.cumsum(weighty) <= heavy)]
        return [numbers[place] for place in order[:count].tolist()]

    def state_dict(self) -> dict[str, Any]:
        """Everything, as JSON data."""
        return {
            "numbers": list(self._weights),
            "weights": list(self._weights.values()),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what was saved; what is beyond the capacity is forgotten.

        Raises:
            CheckpointError: It is no state of a buffer.
        """
        try:
            numbers, weights = list(state["numbers"]), list(state["weights"])
            pairs = list(zip(map(int, numbers), map(float, weights), strict=True))
            sound = all(0 < weight < math.inf for _, weight in pairs)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"the replay buffer can't be restored: {error}") from error
        if not sound or len({number for number, _ in pairs}) != len(pairs):
            raise CheckpointError("the replay buffer can't be restored: its weights are damaged.")
        self._weights = {}
        for number, weight in pairs:
            self.add(number, weight)
