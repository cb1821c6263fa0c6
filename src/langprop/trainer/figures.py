"""The figures of a step."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from langprop.population.policy import Policy


def step_figures(policies: Sequence[Policy], children: Sequence[Policy]) -> dict[str, float]:
    """The figures of a step, from what the trackers hold before it is folded into the past.

    Args:
        policies: Those that are kept.
        children: Those that are new in this step.

    Returns:
        "train/best" and "train/mean" priority, numbers of policies and children, and of records by
        status.
    """
    priorities = [policy.priority for policy in policies]
    statuses = Counter(record.status for policy in policies for record in policy.records)
    return {
        "train/best": max(priorities),
        "train/mean": math.fsum(priority / len(priorities) for priority in priorities),
        "policies": len(policies),
        "children": len(children),
        **{f"records/{status}": count for status, count in sorted(statuses.items())},
    }
