"""EarlyStopping: ends the training at a target, or without progress."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from langprop.callbacks.base import Callback
from langprop.callbacks.monitor import check_monitor, is_validation, metric_name, reached, reading
from langprop.errors import ConfigError
from langprop.numbers import number, whole_or_none

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer


class EarlyStopping(Callback):
    """Ends the training at a target, or when there was no progress for a while.

    Args:
        monitor: A metric: "val/score", "train/best", "train/mean", ...; higher is better.
        target: Stop when the metric reaches this.
        patience: Stop when the metric hasn't improved by more than `min_delta` for so many
            readings.
        min_delta: What counts as an improvement.

    Raises:
        ConfigError: Neither a target nor a patience is given, a number isn't one, or the patience
            is less than 1.
    """

    def __init__(
        self,
        monitor: str = "val/score",
        *,
        target: float | None = None,
        patience: int | None = None,
        min_delta: float = 0.0,
    ) -> None:
        if target is None and patience is None:
            raise ConfigError("EarlyStopping needs a target, a patience, or both.")
        self.monitor = metric_name("EarlyStopping", monitor)
        self.target = None if target is None else number("target", target)
        self.patience = whole_or_none("patience", patience)
        self.min_delta = number("min_delta", min_delta)
        self._best, self._waited = -math.inf, 0

    def on_fit_start(self, trainer: Trainer, module: Module) -> None:
        """Start counting anew.

        Raises:
            ConfigError: A validation score is monitored, but there is no validation data.
        """
        del module
        self._best, self._waited = -math.inf, 0
        check_monitor("EarlyStopping", self.monitor, trainer)

    def state_dict(self) -> dict[str, Any]:
        """The best reading, and how many came since."""
        return {"best": None if math.isinf(self._best) else self._best, "waited": self._waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved state."""
        self._best = -math.inf if state["best"] is None else state["best"]
        self._waited = state["waited"]

    def on_train_batch_end(self, trainer: Trainer, module: Module) -> None:
        """Look at a training metric."""
        del module
        if not is_validation(self.monitor):
            self._look(trainer)

    def on_validation_end(self, trainer: Trainer, module: Module) -> None:
        """Look at a validation metric."""
        del module
        if is_validation(self.monitor):
            self._look(trainer)

    def _look(self, trainer: Trainer) -> None:
        value = reading("EarlyStopping", self.monitor, trainer)
        if self.target is not None and reached(value, self.target):
            trainer.stop(f"{self.monitor} reached {value:g} (target {self.target:g})")
        if value > self._best + self.min_delta:
            self._best, self._waited = value, 0
        else:
            self._waited += 1
            if self.patience is not None and self._waited >= self.patience:
                trainer.stop(
                    f"{self.monitor} has not improved on {self._best:g} for {self._waited} readings"
                )
