"""The figures of a step."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from langprop.population.policy import Policy
from langprop.population.tracker import Tracker


def step_figures(policies: Sequence[Policy], children: Sequence[Policy]) -> dict[str, float]:
    """The figures of a step, from what the trackers hold before it is folded into the past.

    Args:
        policies: Those that are kept.
        children: Those that are new in this step.

    Returns:
        "train/best" and "train/mean" priority, that of each objective for the best policy
        ("train/best/accuracy", ...), numbers of policies and children, and of records by status.
    """
    priorities = [policy.priority for policy in policies]
    best = max(policies, key=lambda policy: (policy.rank, policy.weight))
    statuses: Counter[str] = Counter()
    for policy in policies:  # a list each, as a generator over all of them takes twice the time
        statuses.update([record.status for record in policy.records])
    return {
        "train/best": max(priorities),
        "train/mean": math.fsum(priority / len(priorities) for priority in priorities),
        **objective_figures("train/best", best.objectives),
        "policies": len(policies),
        "children": len(children),
        **{f"records/{status}": count for status, count in sorted(statuses.items())},
    }


def objective_figures(
    name: str, objectives: Mapping[str, Tracker] | Mapping[str, float]
) -> dict[str, float]:
    """A figure for each objective.

    Args:
        name: What they are figures of, such as "train/best" or "val".
        objectives: As in `Policy.objectives`, `Policy.val_scores` or `Report.scores`.

    Returns:
        By `name/objective`; empty for a score that is one number.
    """
    return {
        f"{name}/{objective}": value if isinstance(value, (int, float)) else value.priority
        for objective, value in objectives.items()
    }
