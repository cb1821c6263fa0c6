"""Limits: what one script may use."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real


@dataclass(frozen=True)
class Limits:
    """What a script may use while it is judged.

    Attributes:
        time: Wall time of one call [s]; loading the script counts as one call.
        total: Wall time of one candidate on one batch, all calls together [s]; None for no limit.
            The samples that remain are then charged without being run.
        memory: Memory of one candidate beyond the interpreter and the inputs [bytes].
        output: Size of one encoded result [bytes].
        printed: Characters kept of what one call prints; the rest is counted and dropped.
        failures: Samples that may break a limit (time, memory, crash) before the candidate is
            abandoned and the samples that remain are charged without being run.

    Raises:
        ValueError: A limit is no number, or isn't positive.
    """

    time: float = 5.0
    total: float | None = None
    memory: int = 1 << 30
    output: int = 1 << 20
    printed: int = 2_000
    failures: int = 3

    def __post_init__(self) -> None:
        for name in ("time", "total", "memory", "output", "printed", "failures"):
            value = getattr(self, name)
            if not (isinstance(value, Real) or (name == "total" and value is None)):
                raise ValueError(f"Limits.{name} must be a number, but got {value!r}.")
        if not (self.time > 0 and math.isfinite(self.time)):
            raise ValueError(
                f"Limits.time must be a positive number of seconds, but got {self.time!r}."
            )
        if self.total is not None and not self.total > 0:
            raise ValueError(
                "Limits.total must be a positive number of seconds or None, "
                f"but got {self.total!r}."
            )
        for name in ("memory", "output", "failures"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"Limits.{name} must be at least 1, but got {getattr(self, name)!r}."
                )
        if self.printed < 0:
            raise ValueError(f"Limits.printed must not be negative, but got {self.printed!r}.")
