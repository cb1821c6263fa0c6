"""evaluate(): judges scripts on samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from langprop.evaluation.batch import Batch
from langprop.evaluation.judge import Judge
from langprop.evaluation.rollout import roll_out
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
        ModuleError: The module calls another one that isn't trained and has no seed script.
        SandboxError: The sandbox itself failed.
    """
    batch = batch if isinstance(batch, Batch) else Batch.read(module, batch)
    limits = limits or Limits()
    links = Links(module)
    unique = [links.attach(each) for each in {each.id: each for each in scripts}.values()]
    judge = Judge(module)
    if module.takes_one_call:
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
                result[script.id] = roll_out(judge, batch, session)
            watch(len(batch))
    judge.report()
    return result
