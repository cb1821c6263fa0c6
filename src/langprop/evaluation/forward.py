"""evaluate(): judges scripts on samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import wait
from typing import Any

from langprop.evaluation.batch import Batch
from langprop.evaluation.judge import Judge
from langprop.evaluation.rollout import roll_out
from langprop.evaluation.watch import INTERVAL, Watch
from langprop.executors.base import Executor
from langprop.modules.links import Links
from langprop.modules.module import Module
from langprop.population.record import Record
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script


def evaluate(
    module: Module,
    scripts: Iterable[Script],
    batch: Batch | Iterable[Any],
    executor: Executor,
    limits: Limits | None = None,
    *,
    watch: Callable[[int], None] = lambda _: None,
    best: Mapping[str, Script] | None = None,
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
        watch: Called with the number of samples whenever a script was judged, and with 0 about
            every 50 ms until then; what it raises ends the evaluation.
        best: Scripts of other modules that are called, by entry point, in place of those that are
            the best of their modules.

    Returns:
        Records by script id, in the order of the scripts; a script's records are in the order of
        the samples.

    Raises:
        DataError: There are no samples, or arguments that can't be sent to the sandbox.
        ModuleError: The module calls another one that isn't trained and has no seed script.
        SandboxError: The sandbox itself failed.
    """
    batch = batch if isinstance(batch, Batch) else Batch.read(module, batch)
    links = Links(module, best)
    unique = [links.attach(each) for each in {each.id: each for each in scripts}.values()]
    return judge_linked(module, unique, batch, executor, limits or Limits(), watch=watch)


def judge_linked(
    module: Module,
    unique: Sequence[Script],
    batch: Batch,
    executor: Executor,
    limits: Limits,
    *,
    watch: Callable[[int], None],
) -> dict[str, list[Record]]:
    """Judge scripts that have with them what they call, and ids that differ.

    Args:
        module: As for `evaluate`, and so are the others.
        unique: The scripts.
        batch: The samples.
        executor: Where the scripts run.
        limits: What each may use.
        watch: Called whenever one was judged, and with 0 meanwhile.

    Returns:
        Records by script id, as `evaluate` does.
    """
    judge = Judge(module)
    if module.takes_one_call:
        watching = Watch(watch)
        futures = [executor.submit(script, batch.inputs, limits) for script in unique]
        try:
            result = {}
            for script, future in zip(unique, futures, strict=True):
                while not future.done():
                    wait([future], timeout=INTERVAL)
                    watching.look()
                outcomes = enumerate(future.result())
                result[script.id] = [judge.answer(batch, place, each) for place, each in outcomes]
                watching.judged(len(batch))
        except BaseException:
            for future in futures:
                future.cancel()
            raise
    else:
        result = roll_out(judge, batch, unique, executor, limits, watch=watch)
    judge.report()
    return result
