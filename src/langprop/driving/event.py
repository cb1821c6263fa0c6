"""Event: an infraction, or how a route ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

EventKind = Literal[
    "COLLISION_PEDESTRIAN",
    "COLLISION_VEHICLE",
    "COLLISION_STATIC",
    "TRAFFIC_LIGHT_INFRACTION",
    "STOP_INFRACTION",
    "OUTSIDE_ROUTE_LANES",
    "ROUTE_DEVIATION",
    "VEHICLE_BLOCKED",
    "ROUTE_TIMEOUT",
    "ROUTE_COMPLETION",
]

# Factors by which an infraction multiplies the score (CARLA Leaderboard 1.0).
PENALTIES: Mapping[str, float] = {
    "COLLISION_PEDESTRIAN": 0.50,
    "COLLISION_VEHICLE": 0.60,
    "COLLISION_STATIC": 0.65,
    "TRAFFIC_LIGHT_INFRACTION": 0.70,
    "STOP_INFRACTION": 0.80,
}

# Events that end a route.
ENDS = ("ROUTE_DEVIATION", "VEHICLE_BLOCKED", "ROUTE_TIMEOUT", "ROUTE_COMPLETION")


@dataclass(frozen=True)
class Event:
    """Something that a criterion noticed.

    Attributes:
        kind: The leaderboard's name of it.
        tick: When, in steps since the reset.
        time: When, in seconds since the reset.
        position: Metres of the route behind the vehicle.
        xy: Where the vehicle was (x, y) [m].
        other: Name of the actor that was hit; "" without one.
        at_fault: Whether a careful driver in the vehicle's place would have avoided it; only these
            count in the `at_fault` score.
        strict: Whether the leaderboard counts it. It doesn't where it takes a contact for the
            continuation of an earlier one; that one may have been no fault of the vehicle's.
        message: In words, for reports and prompts.
        details: Further numbers: speeds, distances.
    """

    kind: EventKind
    tick: int
    time: float
    position: float
    xy: tuple[float, float]
    other: str = ""
    at_fault: bool = True
    message: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = True

    @property
    def ends(self) -> bool:
        """Whether the route ended with it."""
        return self.kind in ENDS

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return asdict(self)
