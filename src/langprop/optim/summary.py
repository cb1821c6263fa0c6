"""Summary: how the samples of a step went."""

from __future__ import annotations

import contextlib
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langprop.modules.score import exact_match
from langprop.population.moments import Moments
from langprop.population.record import Record
from langprop.sandbox.outcome import STATUSES

if TYPE_CHECKING:
    from langprop.population.tracker import Tracker

MAX_FAILURES = 4  # kinds of exceptions that are told one by one
MAX_NAME = 60  # [characters] of an exception's type, which a script may have named
MAX_READ = 20_000  # [characters] of a message that are looked at
MAX_TEXT = 200  # [characters] of an example of its message
FEW = 4  # scores of which quartiles say nothing

_ERROR_NAME = re.compile(r"^([A-Za-z_][\w.]*)(?=:|$)", re.MULTILINE)
# As the sandbox writes it. Lines of other modules' scripts aren't this script's to change.
_LINE = re.compile(r"^line (\d+)(?:, in [^\n]*)?\n    ([^\n]*)", re.MULTILINE)


@dataclass(frozen=True)
class Failure:
    """Samples on which the same line raised the same type of exception.

    Attributes:
        name: The type.
        line: The script's line, or "".
        number: Its number, or 0.
        message: One of the messages, cut.
        count: How many samples there were.
    """

    name: str
    line: str
    number: int
    message: str
    count: int


@dataclass(frozen=True)
class Summary:
    """How the samples of a step went.

    Attributes:
        samples: How many there were.
        statuses: How many had each status; the good one first, those without samples left out.
        exceptions: How many raised each type of exception, most frequent first.
        failures: The most frequent exceptions by type and line.
        lowest: Lowest score of an answered sample.
        highest: Highest score of an answered sample.
        wrong: Answered samples with score 0, if all scores are 0 or 1; else None.
        quartiles: Of the answered samples' scores, interpolated; None for few samples, or if all
            scores are 0 or 1, or the same.
        stderr: Standard error of the mean score of all samples; None where `quartiles` is, or for
            numbers that are too large.
        same_outputs: Whether it answered everything alike, where others were wanted.
        past_score: Mean score in the steps before, decayed; None if there were none.
        past_samples: Samples that it rests on, decayed.
    """

    samples: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    exceptions: Mapping[str, int] = field(default_factory=dict)
    failures: Sequence[Failure] = ()
    lowest: float = 0.0
    highest: float = 0.0
    wrong: int | None = None
    quartiles: tuple[float, float, float] | None = None
    stderr: float | None = None
    same_outputs: bool = False
    past_score: float | None = None
    past_samples: float = 0.0

    @classmethod
    def of(cls, records: Sequence[Record], tracker: Tracker | None = None) -> Summary:
        """Count the records of a step.

        Args:
            records: Of the step.
            tracker: Knows the steps before.
        """
        statuses = [record.status for record in records]  # thousands: a generator costs twice that
        count = Counter(statuses)
        raised = (
            [exception_name(each.exception) for each in records if each.status == "exception"]
            if count["exception"]
            else []
        )
        scores = sorted([record.score for record in records if record.status == "ok"])
        binary = set(scores) <= {0.0, 1.0}
        graded = not binary and len(scores) >= FEW and scores[0] < scores[-1]
        past = tracker is not None and tracker.past_weight > 0
        return cls(
            samples=len(records),
            statuses={status: count[status] for status in STATUSES if count[status]},
            exceptions=dict(Counter(raised).most_common()),
            failures=_failures(records) if raised else (),
            lowest=min(scores, default=0.0),
            highest=max(scores, default=0.0),
            wrong=scores.count(0.0) if binary else None,
            quartiles=_quartiles(scores) if graded else None,
            stderr=_stderr([record.score for record in records]) if graded else None,
            same_outputs=same_outputs(records),
            past_score=tracker.past_priority if tracker is not None and past else None,
            past_samples=tracker.past_weight if tracker is not None and past else 0.0,
        )


def same_outputs(records: Sequence[Record]) -> bool:
    """Whether a script gave the same answer to different inputs, where others were wanted."""
    answered = [record for record in records if record.status == "ok"]
    if len(answered) < 2 or _all_equal([record.label for record in answered]):
        return False
    return _all_equal([record.output for record in answered])


def exception_name(text: str) -> str:
    """The type in a message that ends with `Type: message`, after the script's lines."""
    match = _ERROR_NAME.search(text[:MAX_READ])
    return match[1].rpartition(".")[2][:MAX_NAME] if match else "unknown"


def failing_line(text: str) -> tuple[int, str]:
    """Number and text of the script's line that raised; 0 and "" if the message names none."""
    found = _LINE.findall(text[:MAX_READ])
    if not found:
        return 0, ""
    number, line = found[-1]
    return int(number[:9]), line.strip()[:MAX_TEXT]


def _failures(records: Sequence[Record]) -> list[Failure]:
    groups: dict[tuple[str, int, str], list[str]] = {}
    for record in records:
        if record.status == "exception":
            key = (exception_name(record.exception), *failing_line(record.exception))
            groups.setdefault(key, []).append(record.exception)
    frequent = sorted(groups.items(), key=lambda item: -len(item[1]))[:MAX_FAILURES]
    return [
        Failure(name, line, number, _message(texts[0]), len(texts))
        for (name, number, line), texts in frequent
    ]


def _message(text: str) -> str:
    """What a message says, without the script's lines; cut, on one line."""
    match = _ERROR_NAME.search(text[:MAX_READ])
    return " ".join(text[match.start() if match else 0 :][: 4 * MAX_TEXT].split())[:MAX_TEXT]


def _quartiles(scores: Sequence[float]) -> tuple[float, float, float]:
    """Of sorted scores, interpolated between two, so that the middle one is the median."""
    found = []
    for part in (1, 2, 3):
        place, rest = divmod((len(scores) - 1) * part, 4)
        # Not the difference of two, which may be too large for a float.
        share = rest / 4
        found.append(scores[place] * (1 - share) + scores[place + (rest > 0)] * share)
    return found[0], found[1], found[2]


def _stderr(scores: list[float]) -> float | None:
    error = Moments.of(scores).stderr
    return error if math.isfinite(error) else None


def _all_equal(values: Sequence[Any]) -> bool:
    first = values[0]
    try:
        return all(_equal(value, first) for value in values[1:])
    except Exception:  # labels may be of any type, and compare in any way
        return False


def _equal(a: Any, b: Any) -> bool:
    if type(a) is type(b) is list or type(a) is type(b) is dict:
        with contextlib.suppress(ValueError):  # of arrays within
            if a == b:  # much faster than item by item, where it is so
                return True
    return bool(exact_match(a, b))
