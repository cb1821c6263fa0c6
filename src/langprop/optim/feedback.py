"""Feedback: what a policy did → variables of the prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langprop.errors import ScriptError
from langprop.modules.links import called, direct
from langprop.optim.attempts import attempts
from langprop.optim.choice import Feedback, choose, choose_worst
from langprop.optim.credit import explain, scoring
from langprop.optim.summary import Summary, same_outputs
from langprop.population.record import Record
from langprop.prompts.difference import compare, describe
from langprop.prompts.focus import find_focus
from langprop.scripts.parameters import parameter_names
from langprop.scripts.parsing import find_function

if TYPE_CHECKING:
    import numpy as np

    from langprop.modules.module import Module
    from langprop.population.policy import Policy
    from langprop.population.tracker import Tracker

__all__ = [
    "Summary",
    "choose_worst",
    "crossover_variables",
    "name_arguments",
    "same_outputs",
    "setup_variables",
    "update_variables",
]

MAX_DIFFERENCE = 400  # [characters] of the description of where an answer and its label differ

_NOTHING = Record(sample=-1, status="ok", score=0.0)


def setup_variables(module: Module) -> dict[str, Any]:
    """Variables of the setup prompt.

    Returns:
        `function_name`, `stub` (source with the signature and docstring), `modules` (stubs of the
        functions of other modules that the script may call, by name); and of the first sample
        `args`, `kwargs`, `label`, `inputs` (arguments by name). Without a sample these are empty,
        and the label is None. `introduction`: what the module has to show beside that.
    """
    # Where the module calls the function by itself, a sample isn't what the function gets.
    example = module.example if module.takes_one_call else None
    args = tuple(example.args) if example is not None else ()
    kwargs = dict(example.kwargs) if example is not None else {}
    return {
        **_specification(module),
        "args": args,
        "kwargs": kwargs,
        "inputs": name_arguments(module.stub, module.entry_point, args, kwargs),
        "label": example.label if example is not None else None,
        "introduction": module.introduction if module.within is None else "",
    }


def update_variables(
    module: Module,
    policy: Policy,
    rng: np.random.Generator,
    *,
    feedback: Feedback = "worst",
    samples: int = 3,
) -> dict[str, Any]:
    """Variables of the update prompt: what a parent is, and what it did on some samples.

    Args:
        module: The module that the policy belongs to.
        policy: The parent.
        rng: Generator that samples are drawn with.
        feedback: Which samples: "worst" (one of those with the lowest score, as in the paper),
            "diverse" (failures that differ), "contrast" (a failure beside a success), or a function
            `(records, rng) -> records`.
        samples: How many at the most, where the strategy shows several.

    Returns:
        Of the parent: `code`, `avg_score`, `avg_scores` (mean of each objective, by name; empty if
        the score is one number), `summary` (a `Summary`), `same_outputs` (whether it answered
        everything alike), `rival_score` (the best mean score of another policy of the population on
        the same samples, or None), `attempts` (what was tried from it before, see
        `optim.attempts`). Of the first sample: `record`, `status`, `score`, `scores` (the
        value of each objective), `rival` (the best score that another policy of the population has
        on it, or None), `args`, `kwargs`, `inputs` (arguments by name), `outputs`, `label`,
        `exception`, `printed`, `feedback`, `calls` (those of a sample with several, then those
        between modules: function, inputs, output, exception, printed), `call_origins` (for each the
        function that made it, "" for `Module.forward`); where `Module.forward` made several calls,
        `args`, `kwargs` and `outputs` are those of the first one kept. `differences` says where the
        answer and the label differ, if they can be compared entry by entry; `focus` holds the
        places of the inputs that the exception is about, `output_focus` those where the answer
        differs, as paths of keys. And `samples`, all that were chosen, each a mapping with these
        keys; `function_name`, `stub`, `modules`. Without records, `record` is None, what would come
        from it is empty, and so is `samples`.

    Raises:
        ConfigError: There is no such strategy, or the function returns something else.

    Source: Ishida et al. 2024: a random one of the worst samples.
    """
    tracker = policy.judged
    chosen = choose(tracker.records, rng, feedback, samples)
    shown = [
        {**sample, "rival": _rival(module, policy, record)}
        for sample, record in zip(_samples(module, chosen), chosen, strict=True)
    ]
    first = shown[0] if shown else {**_sample(module, _NOTHING, {}), "record": None}
    return {
        **_specification(module),
        "code": policy.script.source,
        "attempts": attempts(policy),
        **_performance(module, policy, tracker),
        **first,
        "samples": shown,
    }


def crossover_variables(
    module: Module,
    policy: Policy,
    donor: Policy,
    rng: np.random.Generator,
    *,
    feedback: Feedback = "worst",
    samples: int = 3,
) -> dict[str, Any]:
    """Variables of the crossover prompt: those of the first parent, and the second one.

    Args:
        module: The module that both belong to.
        policy: The first parent.
        donor: The second parent.
        rng: Generator that samples are drawn with.
        feedback: Which samples of the first parent; see `update_variables`.
        samples: How many at the most, of each.

    Returns:
        Those of `update_variables`, and `donor`, a mapping with `code`, `avg_score`, `avg_scores`,
        `summary`, `same_outputs`; `common` (samples that both were judged on), `n_better`,
        `n_worse` (on how many of them it has the higher or the lower score than the first parent);
        and `better`: of the samples where it is better those with the largest advantage, each a
        mapping as in `samples`, with `other`, a mapping of what the first parent did on it.

    Raises:
        ConfigError: As for `update_variables`.
    """
    variables = update_variables(module, policy, rng, feedback=feedback, samples=samples)
    mine, theirs = policy.judged, donor.judged
    known = {record.sample: record for record in mine.records}
    pairs = [(record, known[record.sample]) for record in theirs.records if record.sample in known]
    gains = [pair for pair in pairs if pair[0].score > pair[1].score]
    gains.sort(key=lambda pair: pair[1].score - pair[0].score)
    better = [
        {**one, "other": other}
        for one, other in zip(
            _samples(module, [pair[0] for pair in gains[:samples]]),
            _samples(module, [pair[1] for pair in gains[:samples]]),
            strict=True,
        )
    ]
    second = {
        "code": donor.script.source,
        **_performance(module, donor, theirs),
        "common": len(pairs),
        "n_better": len(gains),
        "n_worse": sum(one.score < other.score for one, other in pairs),
        "better": better,
    }
    return {**variables, "donor": second}


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


def _samples(module: Module, records: Sequence[Record]) -> list[dict[str, Any]]:
    nested = any(call.function for record in records for call in record.calls)
    stubs = _stubs(module) if nested else {}
    return [_sample(module, record, stubs) for record in records]


def _sample(module: Module, record: Record, stubs: Mapping[str, str]) -> dict[str, Any]:
    """Variables of one sample."""
    name, stub = module.entry_point, module.stub
    shown = list(record.calls)
    if module.feedback_tells_calls and record.status == "ok" and record.feedback:
        shown = [call for call in shown if not call.function][-1:] + [
            call for call in shown if call.function
        ]
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
        for call in shown
    ]
    args, kwargs, outputs = record.args, record.kwargs, record.output
    if record.calls and not record.calls[0].function:
        first = record.calls[0]
        args, kwargs, outputs = first.args, first.kwargs, first.output
    inputs = name_arguments(stub, name, args, kwargs)
    compared = compare(record.output, record.label) if record.status == "ok" else None
    return {
        "record": record,
        "status": record.status,
        "score": record.score,
        "scores": dict(record.scores),
        "rival": None,
        "args": tuple(args),
        "kwargs": dict(kwargs),
        "inputs": inputs,
        "outputs": outputs,
        "label": record.label,
        "exception": record.exception,
        "printed": record.printed,
        "feedback": explain(module, record),
        "calls": calls,
        "call_origins": [call.origin for call in shown],
        "differences": describe(compared, MAX_DIFFERENCE) if compared is not None else "",
        "focus": find_focus(record.exception, inputs) if record.status == "exception" else [],
        "output_focus": compared.paths if compared is not None else [],
    }


def _rival(module: Module, policy: Policy, record: Record) -> float | None:
    """The best score of another policy on the same sample; None if there is none."""
    found = []
    for other in module.population.policies:
        records = other.judged.records
        if other.script.id == policy.script.id or not records:
            continue
        place = record.sample  # where it is, unless only some samples were judged
        if not (0 <= place < len(records) and records[place].sample == place):
            place = next((n for n, each in enumerate(records) if each.sample == place), -1)
        if place >= 0:
            found.append(records[place].score)
    return max(found, default=None)


def _rival_score(module: Module, policy: Policy, tracker: Tracker) -> float | None:
    """The best mean score of another policy on the same samples; None if there is none."""
    samples = _extent(tracker)
    others = [
        each.judged for each in module.population.policies if each.script.id != policy.script.id
    ]
    found = [other.avg_score for other in others if _extent(other) == samples]
    return max(found, default=None) if tracker.records else None


def _extent(tracker: Tracker) -> tuple[int, ...]:
    """How many samples there were, the first and the last: of a step, that says which."""
    records = tracker.records
    return (len(records), records[0].sample, records[-1].sample) if records else ()


def _performance(module: Module, policy: Policy, tracker: Tracker) -> dict[str, Any]:
    summary = Summary.of(tracker.records, tracker)
    return {
        "avg_score": tracker.avg_score,
        "avg_scores": {
            name: objective.avg_score
            for name, objective in policy.objectives.items()
            if objective.count
        },
        "summary": summary,
        "remarks": module.remarks(tracker.records) if module.within is None else "",
        "rival_score": _rival_score(module, policy, tracker),
        "same_outputs": summary.same_outputs,
    }


def _specification(module: Module) -> dict[str, Any]:
    return {
        "function_name": module.entry_point,
        "stub": module.stub,
        "scoring": scoring(module),
        "modules": {other.entry_point: other.stub for other in direct(module)},
    }


def _stubs(module: Module) -> dict[str, str]:
    """Stubs of a module and of all that it calls, directly or not."""
    return {other.entry_point: other.stub for other in [module, *called(module)]}


def _parameters(stub: str, entry_point: str) -> list[str]:
    try:
        return parameter_names(find_function(stub, entry_point))
    except ScriptError:
        return []
