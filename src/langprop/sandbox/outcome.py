"""Outcome: what came back from one call of a script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["ok", "exception", "timeout", "memory", "crash", "bad_output"]
"""How a call ended: with an answer; an exception of the script's own; the time limit; the memory
limit; the end of its process; an answer that isn't plain data (or that `Module.check_output`
refuses)."""

STATUSES: tuple[Status, ...] = ("ok", "exception", "timeout", "memory", "crash", "bad_output")


@dataclass(frozen=True)
class Outcome:
    """What came back from one call of a script. Plain data only; nothing in it can run code.

    Attributes:
        status: How the call ended.
        output: The answer, if the status is "ok"; else None.
        exception: Message with the script's own lines for any other status; else "".
        printed: What the call printed, cut to `Limits.printed`, without control characters.
        seconds: Duration of the call as the sandbox reports it [s].
    """

    status: Status
    output: Any = None
    exception: str = ""
    printed: str = ""
    seconds: float = 0.0
