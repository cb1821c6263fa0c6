"""Choice: which samples of a parent are shown to the model.

A strategy is a function `(records, rng, samples) -> at most so many records`, the most telling one
first; that of a user takes the first two only. All that is random comes from the generator.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from langprop.errors import ConfigError, UnknownName
from langprop.optim.resemblance import distance
from langprop.optim.summary import exception_name, failing_line
from langprop.population.record import Record
from langprop.prompts.abbreviate import abbreviate
from langprop.registry import names, resolve

if TYPE_CHECKING:
    import numpy as np

Feedback = str | Callable[..., Sequence[Record]]
"""A strategy, or its short name."""

MAX_LOOKED_AT = 256  # records that are compared with each other
NEARLY = 0.75  # of the way from the worst score to the best; better ones are successes


def choose(
    records: Sequence[Record], rng: np.random.Generator, feedback: Feedback, samples: int = 3
) -> list[Record]:
    """The records that are shown, the most telling one first.

    Args:
        records: Of a parent, in this step.
        rng: Generator that is drawn from.
        feedback: "worst", "diverse", "contrast", the name of another strategy, or a function
            `(records, rng) -> records`.
        samples: How many at the most, where the strategy shows several.

    Raises:
        ConfigError: There is no such strategy, or the function returns something else.
    """
    if samples < 1:
        raise ConfigError(f"samples must be at least 1, but got {samples!r}.")
    if callable(feedback):
        strategy: Callable[..., Any] = feedback
    else:
        strategy = _named(feedback)
    if not records:
        return []
    found = strategy(records, rng, samples) if _takes_count(strategy) else strategy(records, rng)
    chosen = list(found) if isinstance(found, (list, tuple)) else None
    if chosen is None or not all(isinstance(record, Record) for record in chosen):
        raise ConfigError(
            f"the feedback strategy {getattr(strategy, '__name__', strategy)!r} must return a list "
            f"of some of the records that it gets, but it returned {abbreviate(found, 80)}."
        )
    return chosen


def check_feedback(feedback: Feedback) -> Feedback:
    """A strategy or its name, as it was given.

    Raises:
        ConfigError: There is no strategy of that name; the message lists those that are.
    """
    if not callable(feedback):
        _named(feedback)
    return feedback


def choose_worst(records: Sequence[Record], rng: np.random.Generator) -> Record | None:
    """One of the records with the lowest score, at random; None if there are none."""
    if not records:
        return None
    ranks = list(map(rank, records))
    lowest = min(ranks)
    return _any(
        [record for record, each in zip(records, ranks, strict=True) if each == lowest], rng
    )


def worst(records: Sequence[Record], rng: np.random.Generator) -> list[Record]:
    """One of the worst.

    Source: Ishida et al. 2024.
    """
    chosen = choose_worst(records, rng)
    return [] if chosen is None else [chosen]


def diverse(records: Sequence[Record], rng: np.random.Generator, samples: int = 3) -> list[Record]:
    """One of the worst, and failures unlike it: of another kind, another line, another answer.

    A failure is a record with less than the best score. The next is always the one that has most
    in it that wasn't shown yet; of these, the one with the lowest score.
    """
    first = choose_worst(records, rng)
    if first is None:
        return []
    best = max(rank(record) for record in records)
    failures = [record for record in records if rank(record) < best or record.status != "ok"]
    rest = _spread([record for record in failures if record is not first])
    span = best - rank(first)
    kinds = {id(record): _kind(record, best, span) for record in [first, *rest]}
    chosen = [first]
    while rest and len(chosen) < samples:
        seen = [{kinds[id(record)][level] for record in chosen} for level in range(3)]

        news = [
            (
                *(part not in known for part, known in zip(kinds[id(record)], seen, strict=True)),
                -rank(record),
            )
            for record in rest
        ]
        most = max(news)
        if not any(most[:3]):
            break  # all the rest looks like what is shown
        newest = [record for record, new in zip(rest, news, strict=True) if new == most]
        chosen.append(_any(newest, rng))
        rest = [record for record in rest if record is not chosen[-1]]
    return chosen


def contrast(records: Sequence[Record], rng: np.random.Generator) -> list[Record]:
    """One of the worst, and beside it the success with the input that is most like it.

    A success is an answer whose score is near the best one. Without any, only the failure is shown.
    """
    failure = choose_worst(records, rng)
    if failure is None:
        return []
    answered = [record for record in records if record.status == "ok"]
    best = max(map(rank, answered), default=-math.inf)
    low = rank(failure)
    if not best > low:
        return [failure]
    least = best if math.isinf(low) else low + NEARLY * (best - low)
    successes = _spread([record for record in answered if rank(record) >= least])
    inputs = [failure.args, failure.kwargs]
    gaps = [distance(inputs, [record.args, record.kwargs]) for record in successes]
    nearest = min(gaps)
    near = [record for record, gap in zip(successes, gaps, strict=True) if gap == nearest]
    return [failure, _any(near, rng)]


def _named(name: Any) -> Callable[..., Any]:
    try:
        found: Any = resolve("feedback", name) if isinstance(name, str) else None
    except UnknownName as error:
        raise ConfigError(str(error)) from error
    if not callable(found):
        raise ConfigError(
            f"feedback must be one of {', '.join(names('feedback'))} or a function "
            f"(records, rng) -> records, but got {name!r}."
        )
    strategy: Callable[..., Any] = found
    return strategy


def _takes_count(strategy: Callable[..., Any]) -> bool:
    return strategy is diverse or "samples" in _parameters(strategy)


def _parameters(strategy: Callable[..., Any]) -> Sequence[str]:
    try:
        return list(inspect.signature(strategy).parameters)
    except (TypeError, ValueError):  # of some functions in C
        return []


def _kind(record: Record, best: float, span: float) -> tuple[Any, Any, Any]:
    """What a record tells, ever more exactly."""
    if record.status != "ok":
        name = exception_name(record.exception) if record.status == "exception" else ""
        coarse = (record.status, name)
        middle = (*coarse, *failing_line(record.exception))
        return coarse, middle, (*middle, record.exception[-200:])
    level = round(4 * (best - rank(record)) / span) if 0 < span < math.inf else 0
    output = abbreviate(record.output, 80, exact=True)
    return "ok", ("ok", level), ("ok", level, output)


def _spread(records: Sequence[Record]) -> list[Record]:
    """At most so many as can be compared: those with the lowest scores, and some of all others."""
    if len(records) <= MAX_LOOKED_AT:
        return list(records)
    ordered = sorted(records, key=rank)
    half = MAX_LOOKED_AT // 2
    step = (len(ordered) - half) / half
    return [*ordered[:half], *(ordered[half + int(n * step)] for n in range(half))]


def _any(records: Sequence[Record], rng: np.random.Generator) -> Record:
    return records[int(rng.integers(len(records)))]


def rank(record: Record) -> float:
    """The score, for comparing; no number is the worst."""
    return -math.inf if math.isnan(record.score) else record.score
