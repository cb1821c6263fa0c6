"""Lanes: driving beyond the lanes, or against their direction."""

from __future__ import annotations

import math

from langprop.driving.box import wrap
from langprop.driving.event import Event
from langprop.driving.judging.criteria.noticed import event
from langprop.driving.route import Route
from langprop.driving.simulator import Truth

BEYOND = 1.3
"""Metres beyond the edge of the nearest lane that are allowed, measured at the centre."""

WRONG_WAY = math.radians(120)
"""Angle to a lane's direction from which on one drives against it."""

_AGAIN = 1.0  # s inside of the lanes after which it is told anew
_SIDEWALK = 2.0  # m beyond the lane where the sidewalk, which borders it, has its middle


class Lanes:
    """Measures how much of the route is driven outside of lanes, and tells where that begins.

    Args:
        route: The way to drive.

    Attributes:
        driven: Metres of the route that were driven.
        outside: Of these, in metres, those outside of lanes.

    Source: CARLA Leaderboard 1.0, `OutsideRouteLanesTest`.
    """

    def __init__(self, route: Route) -> None:
        self._positions: list[float] = route.positions.tolist()
        self._index = 0
        self._told = -math.inf
        self.driven = 0.0
        self.outside = 0.0

    @property
    def share(self) -> float:
        """Share of the driven metres that were outside of lanes."""
        return min(1.0, self.outside / self.driven) if self.driven > 0 else 0.0

    def update(self, truth: Truth) -> list[Event]:
        """Where driving outside of lanes begins in this tick."""
        how = _how(truth)
        if truth.index > self._index:
            metres = self._positions[truth.index] - self._positions[self._index]
            self._index = truth.index
            self.driven += metres
            if how:
                self.outside += metres
        if not how:
            return []
        time = truth.observation.time
        begins = time - self._told > _AGAIN
        self._told = time
        if not begins:
            return []
        speed = truth.observation.ego.speed
        return [
            event(
                "OUTSIDE_ROUTE_LANES",
                truth,
                f"{_WORDS[how].format(truth.fix.beyond)} at {speed:.1f} m/s",
                how=how,
                beyond=truth.fix.beyond,
                speed=speed,
            )
        ]


_WORDS = {
    "WRONG_WAY": "drove against the direction of the lane",
    "ON_SIDEWALK": "drove on the sidewalk, its centre {:.1f} m beyond the lane,",
    "OUTSIDE_LANE": "left the lanes, its centre {:.1f} m beyond the edge,",
}


def _how(truth: Truth) -> str:
    """In which way the vehicle is outside; "" if it isn't."""
    fix = truth.fix
    if fix.beyond > BEYOND:
        return "ON_SIDEWALK" if fix.beyond > _SIDEWALK else "OUTSIDE_LANE"
    if fix.beyond <= 0 and not fix.in_junction and fix.heading is not None:
        turn = abs(wrap(fix.heading - truth.observation.ego.pose.yaw))
        return "WRONG_WAY" if turn > WRONG_WAY else ""
    return ""
