"""Numbers: arguments that must be numbers, checked once and before anything expensive."""

from __future__ import annotations

import math
import operator
from typing import Any

from langprop.errors import ConfigError


def whole(name: str, value: Any, least: int = 1) -> int:
    """A whole number, of Python or NumPy.

    Args:
        name: Of the argument, for the message.
        value: What was given.
        least: The least that it may be.

    Raises:
        ConfigError: It isn't one, or is less.
    """
    try:
        number = None if _is_flag(value) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < least == 0:
        raise ConfigError(f"{name} must be a whole number, {least} or more, but got {value!r}.")
    if number < least:
        raise ConfigError(f"{name} must be at least {least}, but got {value!r}.")
    return number


def whole_or_none(name: str, value: Any, least: int = 1) -> int | None:
    """As `whole`; None stays None."""
    return None if value is None else whole(name, value, least)


def number(name: str, value: Any) -> float:
    """A finite number, of Python or NumPy.

    Args:
        name: Of the argument, for the message.
        value: What was given.

    Raises:
        ConfigError: It isn't one.
    """
    try:
        found = math.nan if _is_flag(value) or isinstance(value, (str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise ConfigError(f"{name} must be a finite number, but got {value!r}.")
    return found


def share(name: str, value: Any) -> float:
    """A number between 0 and 1.

    Raises:
        ConfigError: It isn't one.
    """
    part = number(name, value)
    if not 0 <= part <= 1:
        raise ConfigError(f"{name} must be between 0 and 1 inclusive, but got {value!r}.")
    return part


def check_interval(value: Any) -> float:
    """A time between two events, 0 or more [s].

    Raises:
        ConfigError: It isn't one.
    """
    seconds = number("interval", value)
    if seconds < 0:
        raise ConfigError(f"interval must not be negative, but got {value!r}.")
    return seconds


def _is_flag(value: Any) -> bool:
    """Whether it is a truth value, which Python takes for a number."""
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")
