"""Outcome: what came back from one call of a script."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["ok", "exception", "timeout", "memory", "crash", "bad_output"]
"""How a call ended: with an answer; an exception of the script's own; the time limit; the memory
limit; the end of its process; an answer that isn't plain data (or that `Module.check_output`
refuses)."""

STATUSES: tuple[Status, ...] = ("ok", "exception", "timeout", "memory", "crash", "bad_output")


@dataclass(frozen=True)
class CallRecord:
    """One call within a sample: an environment step, or a call between modules.

    Attributes:
        args: Positional arguments, as they were before the call.
        kwargs: Keyword arguments, likewise.
        output: The answer; None unless the call went well.
        exception: Message of a call that failed; else "".
        origin: Entry point of the script that made the call; "" for trusted code, which calls the
            function that is judged.
        function: Entry point of the script that was called by another one; "" where trusted code
            called.
        printed: What was printed during a call between modules.

    Of calls between modules the values come from the script's process: what isn't plain data, or is
    large, is a text in angle brackets there.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    output: Any = None
    exception: str = ""
    origin: str = ""
    function: str = ""
    printed: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came back from one call of a script. Plain data only; nothing in it can run code.

    Attributes:
        status: How the call ended.
        output: The answer, if the status is "ok"; else None.
        exception: Message with the script's own lines for any other status; else "".
        printed: What the call printed, cut to `Limits.printed`, without control characters.
        seconds: Duration of the call as the sandbox reports it [s].
        calls: The last calls between modules that were made meanwhile, in the order in which they
            ended. As the script's process tells it, which may lie.
    """

    status: Status
    output: Any = None
    exception: str = ""
    printed: str = ""
    seconds: float = 0.0
    calls: tuple[CallRecord, ...] = ()
