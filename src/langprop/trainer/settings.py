"""The settings of a run as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer

_TRAINER = [
    "max_epochs",
    "max_steps",
    "max_time",
    "batch_size",
    "shuffle",
    "val_interval",
    "n_val",
    "limit_batches",
    "overfit_batches",
    "seed",
    "train_depends",
]


def settings_of(trainer: Trainer, module: Module) -> dict[str, Any]:
    """Every setting as plain data, for the run folder."""
    from langprop import __version__

    failing = module.exception_score

    return {
        "langprop": __version__,
        "function": module.entry_point,
        "optimizer": trainer.optimizer.settings(),
        "trainer": {name: getattr(trainer, name) for name in _TRAINER},
        "budget": asdict(trainer.budget),
        "limits": asdict(trainer.limits),
        "isolation": trainer.isolation.to_dict(),
        "stub": module.stub,
        "weights": dict(module.weights),
        "exception_score": dict(failing) if isinstance(failing, Mapping) else failing,
    }
