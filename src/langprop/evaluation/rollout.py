"""Samples that take several calls: a module's own `forward` runs here, on the trusted side."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, cast

from langprop.errors import PolicyError
from langprop.evaluation.batch import Batch
from langprop.evaluation.judge import Judge, Result
from langprop.executors.base import Session, SessionCall
from langprop.population.record import CallRecord, Record
from langprop.sandbox.calls import KEPT_CALLS
from langprop.sandbox.outcome import Outcome, Status


class _Request(NamedTuple):
    """A call that `forward` yields, to be made together with those of the other samples."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class _Episode:
    """One sample on its way through a `forward` of the user's own."""

    def __init__(self) -> None:
        self.calls: list[CallRecord] = []
        self.nested: list[CallRecord] = []
        self.printed: list[str] = []
        self.seconds = 0.0

    def note(self, request: SessionCall, outcome: Outcome) -> None:
        """Remember a call, and those between modules in it; of many, the last ones."""
        self.calls.append(
            CallRecord(request.args, request.kwargs, outcome.output, outcome.exception)
        )
        del self.calls[:-KEPT_CALLS]
        self.nested += outcome.calls
        del self.nested[:-KEPT_CALLS]
        self.printed.append(outcome.printed)
        del self.printed[:-KEPT_CALLS]
        self.seconds += outcome.seconds

    def result(self, output: Any = None, error: PolicyError | None = None) -> Result:
        """What the judge needs."""
        status = cast("Status", error.status) if error else "ok"
        calls = (*self.calls, *self.nested)
        printed = "".join(self.printed)
        return Result(output, status, str(error or ""), printed, self.seconds, calls)


def roll_out(judge: Judge, batch: Batch, session: Session) -> list[Record]:
    """Run a module's own `forward` on every sample."""
    if inspect.isgeneratorfunction(judge.module.forward):
        results = _together(judge, batch, session)
    else:
        results = [_alone(judge, batch, session, place) for place in range(len(batch))]
    return [judge.record(batch, place, result) for place, result in enumerate(results)]


def _alone(judge: Judge, batch: Batch, session: Session, place: int) -> Result:
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


def _together(judge: Judge, batch: Batch, session: Session) -> list[Result]:
    """All samples side by side: the calls that they are waiting for make one round trip."""
    results = [Result()] * len(batch)
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
