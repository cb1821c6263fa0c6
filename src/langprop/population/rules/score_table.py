"""Score table: the scores of several policies on the samples of a step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from langprop.population.policy import Policy
    from langprop.population.record import Record


def score_table(policies: Sequence[Policy]) -> np.ndarray:
    """The scores of several policies on the samples of a step.

    With several trackers a score is their weighted sum. A sample is known by `Record.sample`; where
    an index comes again in a tracker, as if it were of another batch, it is another sample.

    Args:
        policies: Any number, in any order.

    Returns:
        A `(policies, samples)` array; NaN where a policy wasn't tested on a sample.
    """
    import numpy as np

    parts = []
    for row, policy in enumerate(policies):
        for name, tracker in policy.trackers.items():
            if tracker.records:
                weight = policy.weights.get(name, 1.0)
                scores = np.array([record.score for record in tracker.records], float)
                with np.errstate(all="ignore"):  # scores may be huge
                    parts.append((row, _keys(tracker.records), weight * scores))
    if not parts:
        return np.full((len(policies), 0), np.nan)
    columns = np.unique(np.concatenate([keys for _, keys, _ in parts]))
    table = np.zeros((len(policies), len(columns)))
    seen = np.zeros(table.shape, bool)
    for row, keys, scores in parts:
        places = np.searchsorted(columns, keys)
        table[row, places] += scores  # keys of one tracker are distinct
        seen[row, places] = True
    table[~seen] = np.nan
    return table


def _keys(records: Sequence[Record]) -> np.ndarray:
    import numpy as np

    keys = np.array([record.sample for record in records], np.int64)
    if len(np.unique(keys)) < len(keys):
        times: Counter[int] = Counter()
        for place, record in enumerate(records):
            keys[place] += times[record.sample] << 40
            times[record.sample] += 1
    return keys
