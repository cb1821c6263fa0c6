"""Monitored metrics: figures of the trainer that a callback looks at by name."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from langprop.errors import ConfigError

if TYPE_CHECKING:
    from langprop.trainer.trainer import Trainer


_ROUNDING = 1e-9  # share of the target: a mean of ones may be 0.9999999999999999


def is_validation(monitor: str) -> bool:
    """Whether a metric is known after a validation only."""
    return monitor.startswith("val/")


def reached(value: float, target: float) -> bool:
    """Whether a metric is at its target, or misses it by no more than rounding does."""
    return value >= target - _ROUNDING * abs(target)


def metric_name(who: str, monitor: Any) -> str:
    """See that a metric is given by its name.

    Raises:
        ConfigError: It isn't.
    """
    if not isinstance(monitor, str):
        raise ConfigError(
            f"{who} monitors a metric by its name, such as 'val/score', but got {monitor!r}."
        )
    return monitor


def check_monitor(who: str, monitor: str, trainer: Trainer) -> None:
    """See, before anything is paid, whether a metric can be there at all.

    Args:
        who: Name of the callback, for the message.
        monitor: Name of the metric.
        trainer: The trainer.

    Raises:
        ConfigError: A validation score is monitored, but there is no validation data.
    """
    if is_validation(monitor) and not trainer.validates:
        raise ConfigError(
            f"{who} monitors {monitor!r}, but there is no validation data: give "
            "fit(…, val=…), or monitor 'train/best'."
        )


def reading(who: str, monitor: str, trainer: Trainer) -> float:
    """The latest value of a metric.

    Raises:
        ConfigError: There is none of that name, or it isn't a number.
    """
    metrics = trainer.metrics
    if monitor not in metrics:
        near = difflib.get_close_matches(monitor, metrics, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        known = ", ".join(sorted(metrics))
        raise ConfigError(f"{who} monitors {monitor!r}, but the metrics are: {known}.{hint}")
    try:
        return float(metrics[monitor])
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{who} monitors {monitor!r}, which is no number: {metrics[monitor]!r}."
        ) from error
