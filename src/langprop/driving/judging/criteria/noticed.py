"""Making events: what all criteria fill in alike."""

from __future__ import annotations

from typing import Any

from langprop.driving.event import Event, EventKind
from langprop.driving.simulator import Truth


def event(
    kind: EventKind,
    truth: Truth,
    message: str,
    *,
    other: str = "",
    at_fault: bool = True,
    strict: bool = True,
    **details: Any,
) -> Event:
    """An event of this moment.

    Args:
        kind: The leaderboard's name of it.
        truth: The moment.
        message: In words.
        other: Name of the actor that was hit.
        at_fault: Whether a careful driver would have avoided it.
        strict: Whether the leaderboard counts it.
        details: Further numbers and words.
    """
    seen = truth.observation
    x, y, _ = seen.ego.pose
    return Event(
        kind,
        seen.tick,
        seen.time,
        seen.route_position,
        (x, y),
        other,
        at_fault,
        message,
        details,
        strict,
    )
