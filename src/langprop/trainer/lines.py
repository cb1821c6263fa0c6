"""Lines of figures, as loggers get them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer


def step_line(trainer: Trainer, module: Module) -> dict[str, Any]:
    """All figures after a step."""
    return {
        **_line(trainer, module, trainer.metrics),
        "evaluations_per_second": trainer.evaluations_per_second,
        **{f"cost/{name}": value for name, value in trainer.optimizer.usage().items()},
    }


def validation_line(trainer: Trainer, module: Module) -> dict[str, Any]:
    """The figures of a validation."""
    found = {name: value for name, value in trainer.metrics.items() if name.startswith("val/")}
    return _line(trainer, module, found)


def _line(trainer: Trainer, module: Module, figures: Mapping[str, float]) -> dict[str, Any]:
    """Figures, with what stands in every line."""
    best = module.best
    return {
        "epoch": trainer.epoch,
        **figures,
        "best": best.id if best else None,
        "evaluations": trainer.evaluations,
        "seconds": trainer.seconds,
    }


def is_validation(line: dict[str, Any]) -> bool:
    """Whether a line of figures is that of a validation."""
    return "val/score" in line and "train/best" not in line
