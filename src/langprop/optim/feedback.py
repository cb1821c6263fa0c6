"""Feedback: what a policy did → variables of the prompts."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langprop.errors import ScriptError
from langprop.modules.links import called, direct
from langprop.modules.score import exact_match
from langprop.population.policy import MAIN
from langprop.population.record import Record
from langprop.sandbox.outcome import STATUSES
from langprop.scripts.parameters import parameter_names
from langprop.scripts.parsing import find_function

if TYPE_CHECKING:
    import numpy as np

    from langprop.modules.module import Module
    from langprop.population.policy import Policy
    from langprop.population.tracker import Tracker

_ERROR_NAME = re.compile(r"^([A-Za-z_][\w.]*)(?=:|$)", re.MULTILINE)


@dataclass(frozen=True)
class Summary:
    """How the samples of a step went.

    Attributes:
        samples: How many there were.
        statuses: How many had each status; the good one first, those without samples left out.
        exceptions: How many raised each type of exception, most frequent first.
        lowest: Lowest score of an answered sample.
        highest: Highest score of an answered sample.
        wrong: Answered samples with score 0, if all scores are 0 or 1; else None.
    """

    samples: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    exceptions: Mapping[str, int] = field(default_factory=dict)
    lowest: float = 0.0
    highest: float = 0.0
    wrong: int | None = None

    @classmethod
    def of(cls, records: Sequence[Record]) -> Summary:
        """Count the records of a step."""
        count = Counter(record.status for record in records)
        raised = Counter(
            _exception_name(record.exception) for record in records if record.status == "exception"
        )
        scores = [record.score for record in records if record.status == "ok"]
        return cls(
            samples=len(records),
            statuses={status: count[status] for status in STATUSES if count[status]},
            exceptions=dict(raised.most_common()),
            lowest=min(scores, default=0.0),
            highest=max(scores, default=0.0),
            wrong=scores.count(0.0) if set(scores) <= {0.0, 1.0} else None,
        )


def setup_variables(module: Module) -> dict[str, Any]:
    """Variables of the setup prompt.

    Returns:
        `function_name`, `stub` (source with the signature and docstring), `modules` (stubs of the
        functions of other modules that the script may call, by name); and of the first sample
        `args`, `kwargs`, `label`, `inputs` (arguments by name). Without a sample these are empty,
        and the label is None.
    """
    example = module.example
    args = tuple(example.args) if example is not None else ()
    kwargs = dict(example.kwargs) if example is not None else {}
    return {
        **_specification(module),
        "args": args,
        "kwargs": kwargs,
        "inputs": name_arguments(module.stub, module.entry_point, args, kwargs),
        "label": example.label if example is not None else None,
    }


def update_variables(module: Module, policy: Policy, rng: np.random.Generator) -> dict[str, Any]:
    """Variables of the update prompt: what a parent is, and what it did on one sample.

    The sample is drawn from those with the parent's lowest score.

    Args:
        module: The module that the policy belongs to.
        policy: The parent.
        rng: Generator that the sample is drawn with.

    Returns:
        Of the parent: `code`, `avg_score`, `summary` (a `Summary`), `same_outputs` (whether it
        answered everything alike). Of the sample: `record`, `status`, `score`, `args`, `kwargs`,
        `inputs` (arguments by name), `outputs`, `label`, `exception`, `printed`, `feedback`,
        `calls` (those of a sample with several, then those between modules: function, inputs,
        output, exception, printed), `call_origins` (for each the function that made it, "" for
        `Module.forward`); where `Module.forward` made several calls, `args`, `kwargs` and `outputs`
        are those of the first one kept. And `function_name`, `stub`, `modules`. Without records,
        `record` is None, and what would come from it is empty.

    Source: Ishida et al. 2024: a random one of the worst samples.
    """
    tracker = _tracker(policy)
    record = choose_worst(tracker.records, rng)
    name, stub = module.entry_point, module.stub
    shown = record or Record(sample=-1, status="ok", score=0.0)
    stubs = _stubs(module) if any(call.function for call in shown.calls) else {}
    calls = [
        {
            "function": call.function or name,
            "inputs": name_arguments(
                stubs.get(call.function, stub), call.function or name, call.args, call.kwargs
            ),
            "output": call.output,
            "exception": call.exception,
            "printed": call.printed,
            "origin": call.origin,
        }
        for call in shown.calls
    ]
    args, kwargs, outputs = shown.args, shown.kwargs, shown.output
    if shown.calls and not shown.calls[0].function:
        first = shown.calls[0]
        args, kwargs, outputs = first.args, first.kwargs, first.output
    return {
        **_specification(module),
        "code": policy.script.source,
        "avg_score": tracker.avg_score,
        "summary": Summary.of(tracker.records),
        "same_outputs": same_outputs(tracker.records),
        "record": record,
        "status": shown.status,
        "score": shown.score,
        "args": tuple(args),
        "kwargs": dict(kwargs),
        "inputs": name_arguments(stub, name, args, kwargs),
        "outputs": outputs,
        "label": shown.label,
        "exception": shown.exception,
        "printed": shown.printed,
        "feedback": shown.feedback,
        "calls": calls,
        "call_origins": [call.origin for call in shown.calls],
    }


def choose_worst(records: Sequence[Record], rng: np.random.Generator) -> Record | None:
    """One of the records with the lowest score, at random; None if there are none."""
    if not records:
        return None
    lowest = min(_rank(record) for record in records)
    worst = [record for record in records if _rank(record) == lowest]
    return worst[int(rng.integers(len(worst)))]


def same_outputs(records: Sequence[Record]) -> bool:
    """Whether a script gave the same answer to different inputs, where others were wanted."""
    answered = [record for record in records if record.status == "ok"]
    if len(answered) < 2 or _all_equal([record.label for record in answered]):
        return False
    return _all_equal([record.output for record in answered])


def name_arguments(
    stub: str, entry_point: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Arguments by the names that they have in the stub.

    Those that the stub has no name for are called "argument 1", "argument 2", ...
    """
    names = _parameters(stub, entry_point)
    named = {
        names[index] if index < len(names) else f"argument {index + 1}": value
        for index, value in enumerate(args)
    }
    return {**named, **kwargs}


def _specification(module: Module) -> dict[str, Any]:
    return {
        "function_name": module.entry_point,
        "stub": module.stub,
        "modules": {other.entry_point: other.stub for other in direct(module)},
    }


def _stubs(module: Module) -> dict[str, str]:
    """Stubs of a module and of all that it calls, directly or not."""
    return {other.entry_point: other.stub for other in [module, *called(module)]}


def _tracker(policy: Policy) -> Tracker:
    """The main tracker, or the first one with records."""
    if policy.trackers[MAIN].records:
        return policy.trackers[MAIN]
    return next((t for t in policy.trackers.values() if t.records), policy.trackers[MAIN])


def _parameters(stub: str, entry_point: str) -> list[str]:
    try:
        return parameter_names(find_function(stub, entry_point))
    except ScriptError:
        return []


def _rank(record: Record) -> float:
    return -math.inf if math.isnan(record.score) else record.score


def _all_equal(values: Sequence[Any]) -> bool:
    first = values[0]
    try:
        return all(exact_match(value, first) for value in values[1:])
    except Exception:  # labels may be of any type, and compare in any way
        return False


def _exception_name(text: str) -> str:
    """The type in a message that ends with `Type: message`, after the script's lines."""
    match = _ERROR_NAME.search(text)
    return match[1].rpartition(".")[2] if match else "unknown"
