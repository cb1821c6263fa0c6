"""Front: the policies that no other beats in everything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from langprop.population.policy import Policy


def objective_table(policies: Sequence[Policy]) -> np.ndarray:
    """What policies are worth in each objective, the more the better.

    Args:
        policies: Any number, in any order.

    Returns:
        A `(policies, objectives)` array of the objectives' priorities, with the other sign where an
        objective's weight is negative, and without those whose weight is 0. A policy that wasn't
        judged by an objective has -inf there. Without any objective it has no columns.
    """
    import numpy as np

    factors = {
        name: objective.factor
        for policy in policies
        for name, objective in policy.objectives.items()
        if objective.weight and objective.factor
    }
    table = np.full((len(policies), len(factors)), -np.inf)
    for row, policy in enumerate(policies):
        for column, (name, factor) in enumerate(factors.items()):
            objective = policy.objectives.get(name)
            if objective is not None and objective.weight:
                table[row, column] = math.copysign(1.0, factor) * objective.priority
    return table


def fronts(table: np.ndarray, tolerance: float = 0.0) -> list[list[int]]:
    """Sort rows into fronts: who is beaten by nobody; who is, when these are taken away; and so on.

    A row beats another if it is nowhere worse, and somewhere better by more than the tolerance.

    Args:
        table: A `(rows, columns)` array, the more the better; without NaN.
        tolerance: Not negative.

    Returns:
        The places of the rows in each front, in the order of the rows. Each row is in one front.

    Source: the non-dominated sorting of Deb et al. 2002, "A fast and elitist multiobjective genetic
    algorithm: NSGA-II".
    """
    import numpy as np

    here, there = table[:, None, :], table[None, :, :]
    nowhere_worse = np.asarray((here >= there).all(axis=2))
    beats = nowhere_worse & np.asarray((here > there + tolerance).any(axis=2))
    rest = np.ones(len(table), bool)
    found: list[list[int]] = []
    while rest.any():
        front = rest & ~beats[rest].any(axis=0)  # never empty: to beat is a strict partial order
        found.append([int(place) for place in np.flatnonzero(front)])
        rest &= ~front
    return found


def crowding(table: np.ndarray) -> np.ndarray:
    """How far each row of a front stands from its neighbours: the emptier around it, the more.

    Args:
        table: The rows of one front; a `(rows, columns)` array without NaN.

    Returns:
        A number per row; infinite for the first row with the most or the least in a column. Of
        equal rows, one gets all of their distance.

    Source: the crowding distance of Deb et al. 2002, as above.
    """
    import numpy as np

    unique, first = np.unique(table, axis=0, return_index=True)
    distances = np.zeros(len(unique))
    for column in unique.T:
        order = np.argsort(column, kind="stable")
        values = column[order]
        low, high = values[0], values[-1]
        if low == high:
            continue
        with np.errstate(all="ignore"):  # -inf of policies that weren't judged; huge values
            gaps = np.nan_to_num((values[2:] - values[:-2]) / (high - low))
        distances[order[1:-1]] += gaps
        distances[order[[0, -1]]] = np.inf
    result = np.zeros(len(table))
    result[first] = distances
    return result
