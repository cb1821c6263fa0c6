"""Episode: what happened between a reset and the end."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langprop.rl.leaves import Ranges

TAIL = 6
"""Steps before the end that an episode keeps whole."""

_MOST_INFO, _WIDEST_INFO = 10, 200  # items, and characters of each


@dataclass
class Episode:
    """What happened between a reset and the end.

    Attributes:
        seed: Seed of the reset.
        rewards: One per step.
        actions: One per step, as the policy gave them.
        tail: Observation, action and reward of the last steps. Where the policy gets components as
            arguments of their own, the observation is the list of these.
        ended: "terminated" by the environment, "truncated" by a limit of steps.
        final: What was observed after the last step, as in `tail`; None where nothing was.
        limit: Steps after which it would have been stopped; None if that isn't known.
        info: Numbers and short texts in the environment's `info` of the last step.
        ranges: Lowest and highest value of each number that was observed, in the order in which
            they stand in an observation; None for what is no number. Empty for large observations.
        course: Some of the observations, evenly spread over the episode: how many steps were before
            each, and what it held, in the order of `ranges`. Empty where that is.
        around: Likewise, but of consecutive steps around the highest reward.
    """

    seed: int
    rewards: list[float] = field(default_factory=list)
    actions: list[Any] = field(default_factory=list)
    tail: list[tuple[Any, Any, float]] = field(default_factory=list)
    ended: str = ""
    final: Any = None
    limit: int | None = None
    info: dict[str, Any] = field(default_factory=dict)
    ranges: list[tuple[float, float] | None] = field(default_factory=list)
    course: list[tuple[int, Sequence[Any]]] = field(default_factory=list)
    around: list[tuple[int, Sequence[Any]]] = field(default_factory=list)

    def __len__(self) -> int:
        """Number of steps."""
        return len(self.rewards)

    def __bool__(self) -> bool:
        return True

    @property
    def total(self) -> float:
        """The return: sum of the rewards."""
        return float(sum(self.rewards))

    def look_back(
        self,
        tail: Iterable[tuple[Sequence[Any], Any, float]],
        seen: Sequence[Any],
        info: Any,
        ranges: Ranges,
    ) -> None:
        """Keep what was there at the end.

        Args:
            tail: As arguments of the policy, the observations of the last steps; actions and
                rewards.
            seen: The observation after the last step, likewise.
            info: The environment's own, of the last step.
            ranges: What has noted all of them.
        """
        self.tail = [(_shown(each), answer, reward) for each, answer, reward in tail]
        self.final = _shown(seen)
        self.info, self.ranges = told(info), ranges.all()
        course = ranges.course()
        self.course, self.around = course.rows, course.around

    def finite_total(self) -> float:
        """The return.

        Raises:
            ValueError: It isn't finite; names the step.
        """
        total = self.total
        if not math.isfinite(total):
            odd = [step for step, each in enumerate(self.rewards, 1) if not math.isfinite(each)]
            where = f": the reward of step {odd[0]} is {self.rewards[odd[0] - 1]}" if odd else ""
            raise ValueError(f"the return of the episode with seed {self.seed} is {total}{where}")
        return total


def _shown(seen: Sequence[Any]) -> Any:
    """An observation as it is kept: what a function with a single parameter gets, or a list."""
    return seen[0] if len(seen) == 1 else list(seen)


def told(info: Any) -> dict[str, Any]:
    """What an environment's `info` says in numbers and short texts; the rest is left out."""
    if not isinstance(info, Mapping) or not info:
        return {}
    found: dict[str, Any] = {}
    for key, value in info.items():
        plain = value.item() if getattr(value, "shape", None) == () else value
        if isinstance(plain, str) and len(plain) > _WIDEST_INFO:
            plain = plain[: _WIDEST_INFO - 1] + "…"
        if isinstance(key, str) and isinstance(plain, (bool, int, float, str)):
            found[key[:_WIDEST_INFO]] = plain
        if len(found) == _MOST_INFO:
            break
    return found
