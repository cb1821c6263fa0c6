"""Durations: read from what people write, and shown to them."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from langprop.errors import ConfigError

_CLOCK = re.compile(r"(\d+):(\d+):(\d+):(\d+)", re.ASCII)
_UNITS = (86400, 3600, 60, 1)  # [s]


def to_seconds(duration: str | float | timedelta) -> float:
    """A duration in seconds.

    Args:
        duration: "DD:HH:MM:SS" (days, hours, minutes, seconds), a `timedelta`, or seconds.

    Raises:
        ConfigError: It is none of these, or isn't positive.
    """
    try:
        seconds = _read(duration)
    except (ValueError, OverflowError):  # a word, or larger than any number
        seconds = None
    if seconds is None or not (math.isfinite(seconds) and seconds > 0):
        raise ConfigError(
            f"a duration must be positive: '00:12:00:00' (days, hours, minutes, seconds), "
            f"timedelta(hours=12), or 43200 seconds; but got {duration!r}."
        )
    return seconds


def _read(duration: object) -> float | None:
    if isinstance(duration, timedelta):
        return duration.total_seconds()
    if isinstance(duration, str):
        parts = _CLOCK.fullmatch(duration.strip())
        if parts is None:
            return float(duration)
        return float(
            sum(int(part) * unit for part, unit in zip(parts.groups(), _UNITS, strict=True))
        )
    if isinstance(duration, (int, float)) and not isinstance(duration, bool):
        return float(duration)
    return None


def clock(seconds: float) -> str:
    """Time that has passed: "0:42", "1:02:03", "2 d 1:02:03"."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days} d {hour}:{minute:02}:{second:02}"
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


def roughly(seconds: float) -> str:
    """About how long: "40 s", "3 min", "5 h 20 min", "3 d 4 h"."""
    if seconds < 99.5:
        return f"{max(1, round(seconds))} s"
    if seconds < 99.5 * 60:
        return f"{round(seconds / 60)} min"
    minutes = round(seconds / 600) * 10
    if minutes < 48 * 60:
        hours, minute = divmod(minutes, 60)
        return f"{hours} h {minute} min" if minute else f"{hours} h"
    days, hour = divmod(round(seconds / 3600), 24)
    return f"{days} d {hour} h" if hour else f"{days} d"
