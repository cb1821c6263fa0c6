"""Retry: when a request that failed is sent again."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TypeVar

from langprop.errors import LLMError

T = TypeVar("T")


@dataclass(frozen=True)
class Retry:
    """When a request that failed is sent again. The only layer of retries that there is.

    Only what may pass is tried again: a lost connection, a time-out, a server that is overloaded or
    limits the rate. The pause doubles from one attempt to the next, and is drawn between half of it
    and all of it, so that many requests don't come back at the same moment. A server that says how
    long to wait is waited for just as long the first time; a request that it refuses again waits
    for that and a part of its own pause, for the others were told the same.

    Args:
        times: Attempts after the first one.
        first: Pause after the first attempt [s].
        longest: Longest pause, unless the server asks for a longer one [s].
        total: Time from the first attempt within which the last one must begin [s].

    Raises:
        ValueError: A number is negative.
    """

    times: int = 5
    first: float = 1.0
    longest: float = 30.0
    total: float = 180.0

    def __post_init__(self) -> None:
        for name in ("times", "first", "longest", "total"):
            value = getattr(self, name)
            if not value >= 0 or (name == "times" and value != int(value)):
                shown = "max_retries" if name == "times" else f"retry.{name}"
                raise ValueError(f"{shown} must be a number of at least 0, but got {value!r}.")

    async def __call__(
        self, attempt: Callable[[], Awaitable[T]], pause: Callable[[float], Awaitable[None]]
    ) -> T:
        """Attempt until it succeeds, can't succeed, or is given up.

        Args:
            attempt: Starts one attempt; an `LLMError` says by `transient` whether another may help,
                and by `retry_after` when.
            pause: Waits so many seconds.

        Raises:
            LLMError: The last attempt's; its text says how often it was tried.
        """
        clock = asyncio.get_running_loop().time
        start, made = clock(), 0
        while True:
            made += 1
            try:
                return await attempt()
            except LLMError as error:
                if not error.transient:
                    raise
                seconds, reason = self._pause(made, error.retry_after), ""
                if made > self.times:
                    reason = f"tried {made} times" if made > 1 else ""
                elif clock() - start + seconds > self.total:
                    asked = f", and the server asks to wait {seconds:.0f} s"
                    reason = f"tried {made} times in {clock() - start:.0f} s" + (
                        asked if error.retry_after else ""
                    )
                else:
                    error.__traceback__ = None  # holds what was sent
                if made > self.times or reason:
                    raise _with(error, reason) from error.__cause__
            await pause(seconds)

    def _pause(self, made: int, asked: float | None) -> float:
        """Pause after so many attempts [s]."""
        jitter = random.random()  # noqa: S311 - spreads requests, and decides nothing else
        if asked is not None:
            more = min(self.longest, self.first * (2.0 ** min(made - 1, 60) - 1.0))
            return asked + jitter * max(more, 0.1 * asked + 0.05)
        return min(self.longest, self.first * 2.0 ** min(made - 1, 60)) * (0.5 + 0.5 * jitter)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """How long a server asks to wait [s], from the headers of its answer; None if it doesn't say.

    Source: RFC 9110, section 10.2.3; `retry-after-ms` is OpenAI's.
    """
    lower = {str(name).lower(): str(value) for name, value in headers.items()}
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            seconds = float(lower.get(name, "")) * unit
        except ValueError:
            continue
        if 0 <= seconds < math.inf:
            return seconds
    try:
        when = parsedate_to_datetime(lower.get("retry-after", ""))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return max(0.0, (when - datetime.now(timezone.utc)).total_seconds())


def _with(error: LLMError, reason: str) -> LLMError:
    """The error with a remark."""
    if not reason:
        return error
    remarked = type(error)(f"{str(error).rstrip('.')} ({reason}).")
    remarked.transient, remarked.retry_after = error.transient, error.retry_after
    return remarked
