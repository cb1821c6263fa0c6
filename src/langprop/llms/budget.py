"""Budget: what a run may spend."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from langprop.errors import ConfigError


@dataclass(frozen=True)
class Budget:
    """What a run may spend, in all; None is no limit.

    It is hard: a request isn't sent, and scripts aren't evaluated, unless what is left covers them.
    What a request will cost is taken from those before it. Before the first one it is a guess; so
    the very first request may cost more than a budget that is smaller than it. Give `max_tokens` to
    a model to bound the length of its replies.

    Args:
        usd: Money [US dollars]. The price of the model must be known.
        tokens: Tokens read and written.
        seconds: Time [s] that is spent in `fit`.
        evaluations: Evaluations: one script on one sample each; validations count too.
        calls: Requests to models, those that failed too.

    Raises:
        ConfigError: A number isn't positive.
    """

    usd: float | None = None
    tokens: int | None = None
    seconds: float | None = None
    evaluations: int | None = None
    calls: int | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value is None:
                continue
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not (number and value > 0 and math.isfinite(value)):
                raise ConfigError(
                    f"budget.{item.name} must be a positive number, but got {value!r}."
                )

    def __str__(self) -> str:
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        return (
            ", ".join(
                f"${value:g}" if name == "usd" else f"{value:g} {name}"
                for name, value in given.items()
                if value is not None
            )
            or "no limit"
        )
