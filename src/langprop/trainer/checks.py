"""Checks of a trainer's numbers, once and before anything expensive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langprop.errors import ConfigError
from langprop.llms.budget import Budget


def check_counts(counts: Mapping[str, Any]) -> None:
    """See that whole numbers are at least 1, where they are given.

    Raises:
        ValueError: One isn't.
    """
    for name, value in counts.items():
        if value is not None and value < 1:
            raise ValueError(f"{name} must be at least 1, but got {value!r}.")


def check_shares(shares: Mapping[str, Any]) -> None:
    """See that each is a whole number from 1, or a share in (0, 1], where it is given.

    Raises:
        ValueError: One isn't.
    """
    for name, value in shares.items():
        if value is None:
            continue
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not (value >= 1 if whole else isinstance(value, float) and 0 < value <= 1):
            raise ValueError(
                f"{name} must be a whole number of batches, or a share of them such as 0.1, but "
                f"got {value!r}."
            )


def check_span(max_time: float | None, budget: Budget | None) -> None:
    """See that a time and a budget can be meant.

    Raises:
        ValueError: The time isn't positive.
        ConfigError: The budget is none.
    """
    if max_time is not None and not max_time > 0:
        raise ValueError(f"max_time must be a positive number of seconds, but got {max_time!r}.")
    if not isinstance(budget, Budget | None):
        raise ConfigError(f"budget must be one such as Budget(usd=2), but got {budget!r}.")
