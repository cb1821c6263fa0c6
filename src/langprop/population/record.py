"""Record: what a policy did on one sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langprop.sandbox.outcome import CallRecord, Status

__all__ = ["CallRecord", "Record"]

_ONE: dict[str, float] = {}  # objectives of a score that is one number; shared, so never changed


@dataclass(frozen=True, init=False)
class Record:
    """What a policy did on one sample. A failing script is data, not a crash.

    Attributes:
        sample: Index of the sample in its batch.
        status: "ok", "exception", "timeout", "memory", "crash" or "bad_output".
        score: The score, which is the weighted sum of the objectives where there are several; or
            the module's `exception_score` unless the status is "ok".
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
        scores: The value of each objective, where there are several; else empty.
        weights: Their weights in the score; shared by the records of a module.
        whole: Where the script was judged within another module: what that one did on the sample,
            whose score this is; else None.
    """

    sample: int
    status: Status
    score: float
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Any
    label: Any
    exception: str
    printed: str
    feedback: str
    seconds: float
    calls: tuple[CallRecord, ...]
    scores: Mapping[str, float]
    weights: Mapping[str, float]
    whole: Record | None

    def __init__(  # noqa: PLR0917 - as in any dataclass, fields may be given by their places
        self,
        sample: int,
        status: Status,
        score: float,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        output: Any = None,
        label: Any = None,
        exception: str = "",
        printed: str = "",
        feedback: str = "",
        seconds: float = 0.0,
        calls: tuple[CallRecord, ...] = (),
        scores: Mapping[str, float] = _ONE,
        weights: Mapping[str, float] = _ONE,
        whole: Record | None = None,
    ) -> None:
        # There is one for each script and sample. The constructor that frozen dataclasses get sets
        # each field through object.__setattr__, and takes longer than all else that judging does.
        fields = self.__dict__
        fields["sample"] = sample
        fields["status"] = status
        fields["score"] = score
        fields["args"] = args
        fields["kwargs"] = {} if kwargs is None else kwargs
        fields["output"] = output
        fields["label"] = label
        fields["exception"] = exception
        fields["printed"] = printed
        fields["feedback"] = feedback
        fields["seconds"] = seconds
        fields["calls"] = calls
        fields["scores"] = scores
        fields["weights"] = weights
        fields["whole"] = whole
