"""Judge: what came out of a sample → a record."""

from __future__ import annotations

import math
import traceback
import warnings
from dataclasses import dataclass, replace
from typing import Any

from langprop.evaluation.batch import Batch
from langprop.modules.module import Module
from langprop.modules.score import Score
from langprop.population.record import CallRecord, Record
from langprop.sandbox.outcome import Outcome, Status


@dataclass
class Result:
    """What came out of one sample's `forward`."""

    output: Any = None
    status: Status = "ok"
    exception: str = ""
    printed: str = ""
    seconds: float = 0.0
    calls: tuple[CallRecord, ...] = ()


class Judge:
    """Turns results into records, and remembers what went wrong with the user's own `score`."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.scored = 0
        self.broken: list[str] = []
        self.lowest = math.inf

    def answer(self, batch: Batch, place: int, outcome: Outcome) -> Record:
        """Judge a sample that took one call."""
        outcome = self.checked(outcome)
        return self.record(
            batch,
            place,
            Result(
                outcome.output,
                outcome.status,
                outcome.exception,
                outcome.printed,
                outcome.seconds,
                outcome.calls,
            ),
        )

    def checked(self, outcome: Outcome) -> Outcome:
        """The outcome, or a bad output if the module refuses the answer."""
        if outcome.status != "ok":
            return outcome
        try:
            refused = self.module.check_output(outcome.output) is False
            reason = "check_output refused the answer"
        except Exception as error:
            refused, reason = True, f"{type(error).__name__}: {error}"
        if not refused:
            return outcome
        return replace(outcome, status="bad_output", exception=reason)

    def record(self, batch: Batch, place: int, result: Result) -> Record:
        """Judge a sample."""
        label = batch.labels[place]
        score, feedback = self.module.exception_score, ""
        status, exception = result.status, result.exception
        if status == "ok":
            self.scored += 1
            try:
                score, feedback = _value(self.module.score(result.output, label))
                self.lowest = min(self.lowest, score)
            except NotImplementedError:
                raise
            except Exception as error:
                # The script chose the answer, so it must not be able to end the run by choosing it
                # badly.
                exception = f"score() raised {type(error).__name__}: {error}"
                self.broken.append("".join(traceback.format_exception(error)[-3:]))
                status, score, feedback = "bad_output", self.module.exception_score, ""
        args, kwargs = batch.inputs[place]
        return Record(
            sample=batch.index[place],
            status=status,
            score=score,
            args=args,
            kwargs=kwargs,
            output=result.output,
            label=label,
            exception=exception,
            printed=result.printed,
            feedback=feedback,
            seconds=result.seconds,
            calls=result.calls,
        )

    def report(self) -> None:
        """Warn of what the user should mend in the module; once for each module and kind."""
        fallback = f"{self.module.exception_score:g}"
        if self.broken:
            self._warn(
                "score",
                f"score() failed on {len(self.broken)} of {self.scored} answers, which got the "
                f"exception_score {fallback}; the first time:\n{self.broken[0]}",
            )
        if self.lowest < self.module.exception_score:
            self._warn(
                "exception_score",
                f"an answer scored {self.lowest:g}, below the exception_score {fallback}: to fail "
                "pays better than such an answer. Give the module a lower exception_score.",
            )

    def _warn(self, kind: str, text: str) -> None:
        if kind not in self.module.warned:
            self.module.warned.add(kind)
            warnings.warn(text, stacklevel=4)


def _value(score: Any) -> tuple[float, str]:
    """A finite number and feedback, from what the user's `score` returned."""
    feedback = ""
    if isinstance(score, Score):
        score, feedback = score.value, score.feedback
    if isinstance(score, (str, bytes)) or score is None:
        raise TypeError(f"score must return a number or a Score, but got {score!r}")
    value = float(score)
    if not math.isfinite(value):
        raise ValueError(f"score must be finite, but got {value!r}")
    return value, str(feedback)
