"""Record: what a policy did on one sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from langprop.sandbox.outcome import CallRecord, Status

__all__ = ["CallRecord", "Record"]


@dataclass(frozen=True)
class Record:
    """What a policy did on one sample. A failing script is data, not a crash.

    Attributes:
        sample: Index of the sample in its batch.
        status: "ok", "exception", "timeout", "memory", "crash" or "bad_output".
        score: The score, or the module's `exception_score` unless the status is "ok".
        args: Positional arguments, as they were before the call.
        kwargs: Keyword arguments, likewise.
        output: The answer; None unless the script gave one.
        label: What the module compares the answer with; never seen by the script.
        exception: Message with the script's own lines; "" if the status is "ok".
        printed: What the script printed, cut.
        feedback: What `Module.score` has to say in words.
        seconds: Duration of the script's calls [s].
        calls: The last calls within the sample: those that `Module.forward` made where it makes
            more than one, then those between modules.
    """

    sample: int
    status: Status
    score: float
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    output: Any = None
    label: Any = None
    exception: str = ""
    printed: str = ""
    feedback: str = ""
    seconds: float = 0.0
    calls: tuple[CallRecord, ...] = ()
