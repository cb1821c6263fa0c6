"""Judge: what came out of a sample → a record."""

from __future__ import annotations

import math
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from langprop.evaluation.batch import Batch
from langprop.modules.module import Module
from langprop.modules.objectives import Objectives
from langprop.population.record import CallRecord, Record
from langprop.sandbox.outcome import Outcome, Status

SCORE_RAISED = "score() raised "
"""What the exception of a record begins with where the module's `score` failed on the answer."""


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
    """Turns results into records, and remembers what went wrong with the user's own `score`.

    Raises:
        ModuleError: The module's `weights` or `exception_score` can't be used.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.objectives = Objectives.of(module)
        self.scored = 0
        self.broken: list[str] = []
        self.lowest = math.inf

    def answer(self, batch: Batch, place: int, outcome: Outcome) -> Record:
        """Judge a sample that took one call."""
        return self.record(batch, place, self.checked(outcome))

    def checked(self, outcome: Outcome) -> Outcome:
        """The outcome, or a bad output if the module refuses the answer."""
        if outcome.status != "ok":
            return outcome
        reason = self.refusal(outcome.output)
        return replace(outcome, status="bad_output", exception=reason) if reason else outcome

    def refusal(self, output: Any) -> str:
        """Why the module refuses an answer; "" if it doesn't."""
        try:
            if self.module.check_output(output) is False:
                return "check_output refused the answer"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return ""

    def record(self, batch: Batch, place: int, result: Result | Outcome) -> Record:
        """Judge a sample."""
        label = batch.labels[place]
        objectives = self.objectives
        score, feedback = objectives.failed, ""
        scores: Mapping[str, float] = objectives.failed_scores
        status, exception = result.status, result.exception
        if status == "ok":
            self.scored += 1
            try:
                score, feedback, scores = objectives.read(self.module.score(result.output, label))
                self.lowest = min(self.lowest, score)
            except NotImplementedError:
                raise
            except Exception as error:
                # The script chose the answer, so it must not be able to end the run by choosing it
                # badly.
                exception = f"{SCORE_RAISED}{type(error).__name__}: {error}"
                self.broken.append("".join(traceback.format_exception(error)[-3:]))
                status = "bad_output"
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
            scores=scores,
            weights=objectives.weights,
        )

    def report(self) -> None:
        """The end: the module is told its objectives, and the user what to mend in the module.

        Each kind of warning is given once for a module.
        """
        if self.objectives.names is not None:
            self.module.objectives = self.objectives.names
        failed = self.objectives.failed
        fallback = f"{failed:g}"
        if self.broken:
            self.module.warn_once(
                "score",
                f"score() failed on {len(self.broken)} of {self.scored} answers, which got the "
                f"exception_score {fallback}; the first time:\n{self.broken[0]}",
                stacklevel=4,
            )
        if self.lowest < failed:
            self.module.warn_once(
                "exception_score",
                f"an answer scored {self.lowest:g}, below the exception_score {fallback}: to fail "
                "pays better than such an answer. Give the module a lower exception_score.",
                stacklevel=4,
            )
