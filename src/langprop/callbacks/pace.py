"""Pace: how fast a run goes, and when it will be over."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from langprop.callbacks.time_limit import TimeLimit

if TYPE_CHECKING:
    from langprop.trainer.trainer import Trainer

_STEPS = 30  # whose mean is the pace: the run changes while it learns
_AMOUNTS = ("steps", "evaluations", "calls", "tokens", "usd")


class Reading(NamedTuple):
    """What a run had used at some time.

    Attributes:
        seconds: Time [s] on the trainer's clock.
        used: Of each amount that may be limited.
    """

    seconds: float
    used: dict[str, float]


class Pace:
    """How fast a run goes, by its latest steps, and when it will be over.

    Attributes:
        counted: Steps of the latest epoch, for data that doesn't say how much there is.
        ended: Whether the run is over.
    """

    def __init__(self) -> None:
        self.counted: int | None = None
        self.ended = False
        self._readings: deque[Reading] = deque(maxlen=_STEPS + 1)
        self._batch = 0

    def begin(self, trainer: Trainer) -> None:
        """Before a step: the first reading."""
        if not self._readings:
            self._readings.append(_reading(trainer))

    def step(self, trainer: Trainer) -> None:
        """After a step."""
        self._readings.append(_reading(trainer))
        self._batch = trainer.batch

    def epoch(self) -> None:
        """After an epoch."""
        self.counted = self._batch or self.counted

    def steps(self, trainer: Trainer) -> int | None:
        """Step at which the run ends, if it isn't ended earlier; None if that isn't known."""
        ends = []
        if trainer.max_steps is not None:
            ends.append(trainer.began["step"] + trainer.max_steps)
        in_epoch = trainer.epoch_steps or self.counted
        if trainer.max_epochs is not None and in_epoch is not None:
            epochs = trainer.began["epoch"] + trainer.max_epochs - trainer.epoch
            ends.append(trainer.step - trainer.batch + max(0, epochs) * in_epoch)
        return min(ends, default=None)

    def left(self, trainer: Trainer) -> float | None:
        """Time until the run is over [s], by whatever limit comes first; None if none is in sight.

        Something else may end the run earlier, such as an `EarlyStopping`.
        """
        if self.ended:
            return None
        ends = [limit - trainer.seconds for limit in _deadlines(trainer)]
        ends += [each.left(trainer) for each in trainer.callbacks if isinstance(each, TimeLimit)]
        if len(self._readings) > 1:
            first, last = self._readings[0], self._readings[-1]
            steps = last.used["steps"] - first.used["steps"]
            mean = (last.seconds - first.seconds) / max(1.0, steps)
            # The step that is under way counts down, but isn't over before it is.
            passed = min(max(0.0, trainer.seconds - last.seconds), mean)
            for name, limit in self._limits(trainer).items():
                rate = last.used[name] - first.used[name]
                if rate > 0:
                    more = max(0.0, limit - last.used[name])
                    ends.append(more * (last.seconds - first.seconds) / rate - passed)
        return max(0.0, min(ends)) if ends else None

    def _limits(self, trainer: Trainer) -> dict[str, float]:
        budget = trainer.budget
        limits = {"steps": self.steps(trainer)} | {
            name: getattr(budget, name) for name in _AMOUNTS[1:]
        }
        return {name: float(limit) for name, limit in limits.items() if limit is not None}


def _deadlines(trainer: Trainer) -> list[float]:
    """When the run ends at the latest, on the trainer's clock [s]."""
    limits = (trainer.allowance.deadline, trainer.budget.seconds)
    return [limit for limit in limits if limit is not None]


def _reading(trainer: Trainer) -> Reading:
    usage = trainer.optimizer.usage()
    used = {
        "steps": trainer.step,
        "evaluations": trainer.evaluations,
        "calls": usage.get("calls", 0.0),
        "tokens": usage.get("prompt_tokens", 0.0) + usage.get("completion_tokens", 0.0),
        "usd": usage.get("usd") or 0.0,
    }
    return Reading(trainer.seconds, used)
