"""Detail: how much of a value is shown."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Detail:
    """How much of a value is shown.

    Attributes:
        items: Items of one container; the middle is left out.
        text: Characters of one string or number; the middle is left out.
        depth: Levels of nesting.
        digits: Significant digits of array items; 0 for all.
    """

    items: int
    text: int
    depth: int
    digits: int = 0


WHOLE = Detail(1_000_000, 1_000_000, 30)

LEVELS = (
    Detail(40, 400, 12, digits=6),
    Detail(20, 160, 8, digits=6),
    Detail(14, 120, 7, digits=6),
    Detail(10, 80, 6, digits=5),
    Detail(8, 60, 6, digits=5),
    Detail(6, 40, 5, digits=4),
    Detail(4, 32, 5, digits=4),
    Detail(4, 32, 4, digits=4),
    Detail(3, 24, 4, digits=3),
    Detail(3, 24, 3, digits=3),
    Detail(2, 16, 3, digits=3),
    Detail(2, 16, 2, digits=3),
    Detail(1, 16, 2, digits=3),
    Detail(1, 16, 1, digits=3),
    Detail(0, 16, 0, digits=3),
)
"""From much to hardly anything; the first one that fits is taken, or nearly."""
