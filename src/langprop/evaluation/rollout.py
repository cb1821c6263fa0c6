"""Samples that take several calls: a module's own `forward` runs here, on the trusted side."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Generator, Sequence
from typing import Any

from langprop.errors import PolicyError
from langprop.evaluation.batch import Batch
from langprop.evaluation.judge import Judge, Result
from langprop.evaluation.lane import Lane, failure
from langprop.evaluation.outside import Outside
from langprop.evaluation.spread import Spread
from langprop.evaluation.watch import Watch
from langprop.executors.base import Executor, Session, SessionCall
from langprop.modules.module import Module
from langprop.population.record import Record
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script


def roll_out(
    judge: Judge,
    batch: Batch,
    scripts: Sequence[Script],
    executor: Executor,
    limits: Limits,
    *,
    watch: Callable[[int], None],
) -> dict[str, list[Record]]:
    """Run a module's own `forward` on every sample, with every script.

    Where `forward` is a generator, scripts and samples advance together: while one script's process
    computes its answers, the trusted side takes the samples of another one further, in several
    processes if the module has a replica. What comes out depends on none of it: each sample has a
    namespace, and random numbers, of its own.

    Args:
        judge: Judges what comes out, in the order of scripts and samples.
        batch: The samples.
        scripts: The scripts.
        executor: Where they run.
        limits: What each may use.
        watch: Called with the number of samples whenever a script is done, and with 0 meanwhile.

    Returns:
        Records by script id, in the order of the scripts.
    """
    run = _together if inspect.isgeneratorfunction(judge.module.forward) else _one_by_one
    with contextlib.closing(run(judge, batch, scripts, executor, limits, watch=watch)) as results:
        return {
            script.id: [judge.record(batch, place, result) for place, result in enumerate(found)]
            for script, found in zip(scripts, results, strict=True)
        }


def _one_by_one(
    judge: Judge,
    batch: Batch,
    scripts: Sequence[Script],
    executor: Executor,
    limits: Limits,
    *,
    watch: Callable[[int], None],
) -> Generator[list[Result], None, None]:
    """One sample of one script after the other."""
    watching = Watch(watch)
    for script in scripts:
        with executor.open(script, limits) as session:
            results = [_alone(judge, batch, session, n, watching) for n in range(len(batch))]
        watching.judged(len(batch))
        yield results


def _alone(judge: Judge, batch: Batch, session: Session, place: int, watching: Watch) -> Result:
    """One sample, one call after the other."""
    lane = Lane(place)

    def function(*args: Any, **kwargs: Any) -> Any:
        watching.look()
        request = SessionCall(place, args, kwargs)
        outcome = judge.checked(session.call_many([request])[0])
        lane.note(request, outcome)
        if outcome.status != "ok":
            raise failure(outcome)
        return outcome.output

    args, kwargs = batch.inputs[place]
    try:
        return lane.end(judge.module.forward(function, *args, **kwargs))
    except PolicyError as error:
        return lane.end(error=error)
    finally:
        session.end_episode(place)


def _together(
    judge: Judge,
    batch: Batch,
    scripts: Sequence[Script],
    executor: Executor,
    limits: Limits,
    *,
    watch: Callable[[int], None],
) -> Generator[list[Result], None, None]:
    """All samples of some scripts side by side, on several cores where that can be and pays."""
    module = judge.module
    able = type(module).replica is not Module.replica and module.side_by_side is None
    crew = executor.crew if able else None
    outside = None
    with crew.claimed() if crew is not None else contextlib.nullcontext() as free:
        if crew is not None and free:  # else another thread has the helpers
            outside = Outside(crew, judge.module, batch, limits, getattr(executor, "workers", 1))
        parts = judge, batch, scripts, executor, limits
        spread = Spread(*parts, watch=watch, outside=outside)
        try:
            yield from spread.run()
        finally:
            if crew is not None and free:
                crew.spend(spread.seconds)
    if outside is not None:
        outside.warn()
