"""The settings of a run as plain data."""

from __future__ import annotations

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
    "seed",
]
_OPTIMIZER = ["name", "n_parents", "n_children", "capacity", "decay", "survivors"]


def settings_of(trainer: Trainer, module: Module) -> dict[str, Any]:
    """Every setting as plain data, for the run folder."""
    from langprop import __version__

    return {
        "langprop": __version__,
        "function": module.entry_point,
        "optimizer": {name: getattr(trainer.optimizer, name) for name in _OPTIMIZER},
        "trainer": {name: getattr(trainer, name) for name in _TRAINER},
        "limits": asdict(trainer.limits),
        "isolation": trainer.isolation.to_dict(),
        "stub": module.stub,
    }
