"""evaluate(): scripts × samples → records. The forward pass."""

from __future__ import annotations

import inspect
import math
import traceback
import warnings
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from langprop.errors import DataError, PolicyError
from langprop.executors.base import Executor, Session, SessionCall
from langprop.modules.module import Module
from langprop.modules.score import Score
from langprop.population.record import CallRecord, Record
from langprop.sandbox.inputs import Inputs, encode_call
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Outcome, Status
from langprop.scripts.script import Script

KEPT_CALLS = 8
"""Calls kept of a sample that takes several, the last ones."""


class Batch:
    """Samples that were read: arguments, encoded once for all scripts, and labels, which stay here.

    Attributes:
        index: Place of each readable sample in the given samples.
        inputs: Its arguments.
        labels: Its label.
    """

    def __init__(self, index: Sequence[int], inputs: Inputs, labels: Sequence[Any]) -> None:
        self.index = index
        self.inputs = inputs
        self.labels = labels

    def __len__(self) -> int:
        return len(self.index)

    @classmethod
    def read(cls, module: Module, samples: Iterable[Any]) -> Batch:
        """Read samples with `module.preprocess`. What can't be read is left out, with a warning.

        Raises:
            DataError: There are no samples, or none can be read.
        """
        index, calls, labels, blobs = [], [], [], []
        failed: dict[int, Exception] = {}
        sent = type(module).forward is Module.forward  # else only what forward passes on is sent
        for place, sample in enumerate(samples):
            try:
                args, kwargs, label = module.read(sample)
                blob = encode_call(args, kwargs) if sent else b""
            except DataError as error:
                failed[place] = error
                continue
            index.append(place)
            calls.append((args, kwargs))
            labels.append(label)
            blobs.append(blob)
        if failed:
            place, first = next(iter(failed.items()))
            count = f"{len(failed)} of {len(failed) + len(index)}"
            text = f"{count} samples can't be read; sample {place}: {first}"
            if not index:
                raise DataError(text) from first
            warnings.warn(f"{text} They are left out.", stacklevel=2)
        if not index:
            raise DataError("the batch holds no samples.")
        return cls(index, Inputs(calls, blobs if sent else None), labels)


def evaluate(
    module: Module,
    scripts: Iterable[Script],
    batch: Batch | Iterable[Any],
    executor: Executor,
    limits: Limits | None = None,
    *,
    watch: Callable[[int], None] = lambda _: None,
) -> dict[str, list[Record]]:
    """Judge scripts on samples.

    Labels and scoring stay in this process; scripts run where the executor puts them.
    A failing script is data: its record has a status and the module's `exception_score`.

    Args:
        module: Says how samples become arguments and how answers are judged.
        scripts: Scripts of that module; the same one twice is judged once.
        batch: Samples, or a `Batch` that was read before.
        executor: Where the scripts run.
        limits: What each script may use; None for the default.
        watch: Called with the number of samples whenever a script was judged; what it raises ends
            the evaluation.

    Returns:
        Records by script id, in the order of the scripts; a script's records are in the order of
        the samples.

    Raises:
        DataError: There are no samples, or arguments that can't be sent to the sandbox.
        SandboxError: The sandbox itself failed.
    """
    batch = batch if isinstance(batch, Batch) else Batch.read(module, batch)
    limits = limits or Limits()
    unique = list({script.id: script for script in scripts}.values())
    judge = _Judge(module)
    if type(module).forward is Module.forward:
        futures = [executor.submit(script, batch.inputs, limits) for script in unique]
        try:
            result = {}
            for script, future in zip(unique, futures, strict=True):
                outcomes = enumerate(future.result())
                result[script.id] = [judge.answer(batch, place, each) for place, each in outcomes]
                watch(len(batch))
        except BaseException:
            for future in futures:
                future.cancel()
            raise
    else:
        result = {}
        for script in unique:
            with executor.open(script, limits) as session:
                result[script.id] = _roll_out(judge, batch, session)
            watch(len(batch))
    judge.report()
    return result


@dataclass
class _Result:
    """What came out of one sample's `forward`."""

    output: Any = None
    status: Status = "ok"
    exception: str = ""
    printed: str = ""
    seconds: float = 0.0
    calls: tuple[CallRecord, ...] = ()


class _Judge:
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
            _Result(
                outcome.output, outcome.status, outcome.exception, outcome.printed, outcome.seconds
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
        return Outcome("bad_output", outcome.output, reason, outcome.printed, outcome.seconds)

    def record(self, batch: Batch, place: int, result: _Result) -> Record:
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


class _Request(NamedTuple):
    """A call that `forward` yields, to be made together with those of the other samples."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class _Episode:
    """One sample on its way through a `forward` of the user's own."""

    def __init__(self) -> None:
        self.calls: list[CallRecord] = []
        self.printed: list[str] = []
        self.seconds = 0.0

    def note(self, request: SessionCall, outcome: Outcome) -> None:
        """Remember a call; of many, the last ones."""
        self.calls.append(
            CallRecord(request.args, request.kwargs, outcome.output, outcome.exception)
        )
        del self.calls[:-KEPT_CALLS]
        self.printed.append(outcome.printed)
        del self.printed[:-KEPT_CALLS]
        self.seconds += outcome.seconds

    def result(self, output: Any = None, error: PolicyError | None = None) -> _Result:
        """What the judge needs."""
        status = cast("Status", error.status) if error else "ok"
        return _Result(
            output, status, str(error or ""), "".join(self.printed), self.seconds, tuple(self.calls)
        )


def _roll_out(judge: _Judge, batch: Batch, session: Session) -> list[Record]:
    """Run a module's own `forward` on every sample."""
    if inspect.isgeneratorfunction(judge.module.forward):
        results = _together(judge, batch, session)
    else:
        results = [_alone(judge, batch, session, place) for place in range(len(batch))]
    return [judge.record(batch, place, result) for place, result in enumerate(results)]


def _alone(judge: _Judge, batch: Batch, session: Session, place: int) -> _Result:
    """One sample, one call after the other."""
    episode = _Episode()

    def function(*args: Any, **kwargs: Any) -> Any:
        request = SessionCall(place, args, kwargs)
        outcome = judge.checked(session.call_many([request])[0])
        episode.note(request, outcome)
        return _open(outcome)

    args, kwargs = batch.inputs[place]
    try:
        return episode.result(judge.module.forward(function, *args, **kwargs))
    except PolicyError as error:
        return episode.result(error=error)
    finally:
        session.end_episode(place)


def _open(outcome: Outcome) -> Any:
    if outcome.status != "ok":
        raise PolicyError(
            outcome.status, outcome.exception, seconds=outcome.seconds, printed=outcome.printed
        )
    return outcome.output


def _together(judge: _Judge, batch: Batch, session: Session) -> list[_Result]:
    """All samples side by side: the calls that they are waiting for make one round trip."""
    results = [_Result()] * len(batch)
    episodes = [_Episode() for _ in range(len(batch))]
    waiting: dict[int, tuple[Generator[Any, Any, Any], SessionCall]] = {}

    def advance(place: int, flow: Generator[Any, Any, Any], step: Callable[[], Any]) -> None:
        try:
            request = step()
        except StopIteration as end:
            results[place] = episodes[place].result(end.value)
        except PolicyError as error:
            results[place] = episodes[place].result(error=error)
        else:
            if not isinstance(request, _Request):
                raise TypeError(f"forward must yield function(...), but yielded {request!r}.")
            waiting[place] = flow, SessionCall(place, request.args, request.kwargs)
            return
        waiting.pop(place, None)
        session.end_episode(place)

    try:
        for place, (args, kwargs) in enumerate(batch.inputs):
            flow = judge.module.forward(_request, *args, **kwargs)
            advance(place, flow, lambda flow=flow: next(flow))  # type: ignore[misc]
        while waiting:
            turn = list(waiting.items())
            outcomes = session.call_many([call for _, (_, call) in turn])
            for (place, (flow, call)), outcome in zip(turn, outcomes, strict=True):
                answer = judge.checked(outcome)
                episodes[place].note(call, answer)
                advance(place, flow, lambda flow=flow, answer=answer: _send(flow, answer))  # type: ignore[misc]
    finally:
        for flow, _ in waiting.values():
            flow.close()
    return results


def _request(*args: Any, **kwargs: Any) -> _Request:
    return _Request(args, kwargs)


def _send(flow: Generator[Any, Any, Any], outcome: Outcome) -> Any:
    if outcome.status == "ok":
        return flow.send(outcome.output)
    return flow.throw(
        PolicyError(
            outcome.status, outcome.exception, seconds=outcome.seconds, printed=outcome.printed
        )
    )
