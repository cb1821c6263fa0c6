"""The first sample of a run, which optimizers show and learn types from."""

from __future__ import annotations

import contextlib
from typing import Any

from langprop.errors import DataError, ScriptError
from langprop.evaluation import Batch
from langprop.modules.module import Module
from langprop.population.record import Record
from langprop.scripts.parameters import why_not_callable
from langprop.scripts.parsing import find_function


def read_example(module: Module, sample: Any) -> Record:
    """Read the first sample, and see whether the function can be called with it.

    Raises:
        DataError: It can't be read, or doesn't fit the stub.
    """
    try:
        args, kwargs, label = module.read(sample)
    except DataError as error:
        raise DataError(f"the first sample can't be read: {error}") from error
    if module.takes_one_call:  # else it decides what the function gets
        with contextlib.suppress(ScriptError):  # a module may have prompts and no stub
            function = find_function(module.stub, module.entry_point)
            if problem := why_not_callable(function, len(args), kwargs):
                raise DataError(
                    f"the first sample doesn't fit {module.entry_point!r}: {problem}. Arguments "
                    "are a tuple: ((3,), label) for one argument, ((3, 4), label) for two."
                )
    return Record(0, "ok", 0.0, args, kwargs, label=label)


def example_of(batch: Batch) -> Record:
    """The first sample of a batch that was read."""
    args, kwargs = batch.inputs[0]
    return Record(batch.index[0], "ok", 0.0, args, kwargs, label=batch.labels[0])
