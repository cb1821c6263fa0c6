"""Episode: what happened between a reset and the end."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

TAIL = 6
"""Steps before the end that an episode keeps whole."""


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
    """

    seed: int
    rewards: list[float] = field(default_factory=list)
    actions: list[Any] = field(default_factory=list)
    tail: list[tuple[Any, Any, float]] = field(default_factory=list)
    ended: str = ""

    def __len__(self) -> int:
        """Number of steps."""
        return len(self.rewards)

    def __bool__(self) -> bool:
        return True

    @property
    def total(self) -> float:
        """The return: sum of the rewards."""
        return float(sum(self.rewards))

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


def describe(episode: Episode) -> str:
    """An episode in words: how it ended, what was done how often, and the last steps."""
    lines = [
        f"The episode had {len(episode.rewards)} steps and a return of {episode.total:g}; "
        f"it was {episode.ended}.",
    ]
    counts = _counted(episode.actions)
    if 0 < len(counts) <= 10:
        lines.append(
            "Actions: " + ", ".join(f"{action} × {count}" for action, count in counts.most_common())
        )
    lines.append("The last steps (observation | action | reward):")
    for observation, action, reward in episode.tail:
        lines.append(f"  {_short(observation)} | {_short(action)} | {reward:g}")
    return "\n".join(lines)


def _counted(actions: list[Any]) -> Counter[str]:
    counts: Counter[str] = Counter()
    try:
        for action, count in Counter(actions).items():  # at the speed of C for numbers
            counts[str(action)] += count
    except TypeError:  # lists and arrays
        counts.clear()
        for action in actions:
            counts[str(action)] += 1
            if len(counts) > 10:
                break
    return counts


def _short(value: Any) -> str:
    import numpy as np

    if isinstance(value, np.ndarray):
        text = np.array2string(value, precision=3, threshold=12, separator=", ").replace("\n", "")
    elif isinstance(value, (list, tuple)) and all(type(each) is float for each in value):
        text = "[" + ", ".join(repr(float(f"{each:.3g}")) for each in value) + "]"
    else:
        text = f"{value:.3g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 120 else text[:117] + "..."
