"""TimeLimit: ends the training when its time is over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from langprop.callbacks.base import Callback
from langprop.callbacks.duration import roughly, to_seconds

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer


class TimeLimit(Callback):
    """Ends the training when its time is over, after the step that is under way.

    The time is that of the run: one that is broken off and resumed goes on counting where it was,
    also if the limit is first given then. `Trainer(max_time=…)` counts one call of `fit` instead,
    and breaks off the step that is under way.

    Args:
        duration: "DD:HH:MM:SS" (days, hours, minutes, seconds), a `timedelta`, or seconds. In YAML
            put the first into quotes.

    Attributes:
        seconds: The duration [s].

    Raises:
        ConfigError: It is none of these, or isn't positive.
    """

    def __init__(self, duration: str | float | timedelta) -> None:
        self.seconds = to_seconds(duration)
        self._since = 0.0

    def on_fit_start(self, trainer: Trainer, module: Module) -> None:
        """Start counting."""
        del module
        self._since = trainer.seconds

    def on_train_start(self, trainer: Trainer, module: Module) -> None:
        """A run that is resumed may have no time left."""
        self.on_train_batch_end(trainer, module)

    def on_train_batch_end(self, trainer: Trainer, module: Module) -> None:
        """Look at the clock."""
        del module
        if self.left(trainer) <= 0:
            trainer.stop(f"time limit: {roughly(self.seconds)}")

    def left(self, trainer: Trainer) -> float:
        """Time that is left [s]; not positive once it is over.

        The trainer's clock goes on when a run is resumed, so there is nothing to save here; and a
        checkpoint holds nothing that depends on the clock.
        """
        # What an earlier call of `fit` took isn't counted. A run that began with its first step is
        # this call's own, or the one that it resumes.
        before = self._since if trainer.began["step"] else 0.0
        return self.seconds - (trainer.seconds - before)
