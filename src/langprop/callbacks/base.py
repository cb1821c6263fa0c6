"""Callback: the hooks, with Lightning's names. All do nothing by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer


class Callback:
    """Hooks that the trainer calls, in its process; an error in one ends the training, saved.

    They are called in the order in which they stand here, the callbacks in theirs. A hook may call
    `trainer.stop(reason)`, which ends the training after the step that is under way.
    """

    def state_dict(self) -> dict[str, Any]:
        """What the hooks will depend on when a run is resumed, as JSON data; {} for nothing.

        It is part of the checkpoint: keep clocks out of it, and whatever else differs when the same
        run is repeated.
        """
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved state; called after `on_fit_start`."""

    def on_fit_start(self, trainer: Trainer, module: Module) -> None:
        """Before the first scripts are written."""

    def on_load_checkpoint(self, trainer: Trainer, module: Module) -> None:
        """After a run was resumed: trainer, module and callbacks are as they were saved."""

    def on_train_start(self, trainer: Trainer, module: Module) -> None:
        """Before the first step of this call of `fit`; the first scripts are there."""

    def on_train_epoch_start(self, trainer: Trainer, module: Module) -> None:
        """Before the first batch of an epoch."""

    def on_train_batch_start(self, trainer: Trainer, module: Module) -> None:
        """Before a step."""

    def on_train_batch_end(self, trainer: Trainer, module: Module) -> None:
        """After a step; `trainer.metrics` holds its figures."""

    def on_validation_start(self, trainer: Trainer, module: Module) -> None:
        """Before a validation."""

    def on_validation_end(self, trainer: Trainer, module: Module) -> None:
        """After a validation; `trainer.metrics` holds "val/score"."""

    def on_train_epoch_end(self, trainer: Trainer, module: Module) -> None:
        """After the last batch of an epoch."""

    def on_save_checkpoint(self, trainer: Trainer, module: Module) -> None:
        """After a checkpoint was written."""

    def on_train_end(self, trainer: Trainer, module: Module) -> None:
        """After the last step and the last validation, unless an error ended the training."""

    def on_exception(self, trainer: Trainer, module: Module, error: BaseException) -> None:
        """The training ends with an error or ^C."""

    def on_fit_end(self, trainer: Trainer, module: Module) -> None:
        """At the end, whatever its reason; everything is saved."""

    def on_test_start(self, trainer: Trainer, module: Module) -> None:
        """Before a test."""

    def on_test_end(self, trainer: Trainer, module: Module) -> None:
        """After a test; `trainer.metrics` holds "test/score"."""


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))
"""Names of all hooks."""
