"""Checks of a trainer's numbers, once and before anything expensive."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langprop.errors import ConfigError
from langprop.llms.budget import Budget
from langprop.registry import resolve


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


def check_seed(seed: Any) -> None:
    """See that a seed is a whole number, 0 or more.

    Raises:
        ValueError: It isn't.
    """
    if isinstance(seed, bool) or not hasattr(seed, "__index__") or seed < 0:
        raise ValueError(f"seed must be a whole number, 0 or more, but got {seed!r}.")


def check_resume(how: Any) -> None:
    """See that there is such a way to resume.

    Raises:
        ConfigError: There isn't.
    """
    if not (isinstance(how, (bool, Path)) or how in ("previous", "force")):
        raise ConfigError(
            f"resume must be True, False, 'previous', 'force' or the Path of a copy of a "
            f"checkpoint, but got {how!r}."
        )


def as_objects(given: Any, kind: Any, name: str) -> list[Any]:
    """Callbacks or loggers, each an object or a short name of one.

    Args:
        given: One of them, or several.
        kind: Their class.
        name: Of the kind, in the registry and in messages.

    Raises:
        ConfigError: Something else is among them.
        UnknownName: There is none by that name.
    """
    if given is None or isinstance(given, (kind, str)):
        given = [] if given is None else [given]
    found = []
    for each in given:
        made = resolve(name, each) if isinstance(each, str) else each
        if not isinstance(made, kind):
            what = (
                f"the class {made.__name__}: write {made.__name__}(…)"
                if isinstance(made, type)
                else f"{made!r}"
            )
            raise ConfigError(f"{name}s must hold {kind.__name__} objects, but got {what}.")
        found.append(made)
    return found


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
