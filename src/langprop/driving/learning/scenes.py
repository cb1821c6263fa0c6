"""Scenes: which frames of a policy's are shown to whoever writes the next one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langprop.driving.frames.frame import same
from langprop.optim.choice import rank
from langprop.optim.summary import exception_name

if TYPE_CHECKING:
    import numpy as np

    from langprop.population.record import Record

_DIGITS = re.compile(r"[\d.]+")  # who was hit, and how fast, makes no other kind


def commonest(
    records: Sequence[Record], rng: np.random.Generator, samples: int = 3
) -> list[Record]:
    """One scene of each kind of mistake, first those kinds that cost the most.

    For `LLMOptimizer(feedback=...)`. A kind is a failure, an infraction that would happen again, or
    which level stood for which, what was there, and whether the vehicle stood.

    Args:
        records: Of a policy, in this step.
        rng: Chooses among the scenes of a kind.
        samples: How many at the most.

    Returns:
        Some of the records; if all are right, one of the worst.
    """
    if not records:
        return []
    best = max(map(rank, records))
    kinds: dict[Any, list[Record]] = {}
    costs: dict[Any, float] = {}
    for record in records:
        cost = best - rank(record) if rank(record) < best else 0.0
        if cost or record.status != "ok":
            kind = _kind(record)
            kinds.setdefault(kind, []).append(record)
            costs[kind] = costs.get(kind, 0.0) + cost
    if not kinds:
        kinds, costs = {"": list(records)}, {"": 0.0}
    dearest = sorted(kinds, key=lambda kind: -costs[kind])[:samples]
    return [kinds[kind][int(rng.integers(len(kinds[kind])))] for kind in dearest]


def _kind(record: Record) -> Any:
    label = record.label
    if record.status != "ok":
        return record.status, exception_name(record.exception)
    if not isinstance(label, Mapping) or "speed_level" not in label:
        return "wrong"
    if "driver" in label and same(record.output, label["driver"]):
        return "infraction", _DIGITS.sub("", label["infraction"])
    there = label.get("there") or [""]
    return record.output[0], label["speed_level"], there[0], there[-1] == "standing"
