"""Lines of figures, as loggers get them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer


def step_line(trainer: Trainer, module: Module) -> dict[str, Any]:
    """All figures after a step."""
    best = module.best
    return {
        "epoch": trainer.epoch,
        **trainer.metrics,
        "best": best.id if best else None,
        "evaluations": trainer.evaluations,
        "evaluations_per_second": trainer.evaluations_per_second,
        "seconds": trainer.seconds,
        **{f"cost/{name}": value for name, value in trainer.optimizer.usage().items()},
    }


def validation_line(trainer: Trainer, module: Module) -> dict[str, Any]:
    """The figures of a validation."""
    best = module.best
    return {
        "epoch": trainer.epoch,
        **{name: value for name, value in trainer.metrics.items() if name.startswith("val/")},
        "best": best.id if best else None,
        "evaluations": trainer.evaluations,
        "seconds": trainer.seconds,
    }


def is_validation(line: dict[str, Any]) -> bool:
    """Whether a line of figures is that of a validation."""
    return "val/score" in line and "train/best" not in line
