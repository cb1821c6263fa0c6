"""Ending: the goal; and straying, standing and lateness, which end a route as well."""

from __future__ import annotations

import math

from langprop.driving.event import Event
from langprop.driving.judging.criteria.noticed import event
from langprop.driving.route import Route
from langprop.driving.simulator import Truth

MAX_OFF = 30.0
"""Distance from the route at which it ends [m]."""

FAR_OFF, MAX_FAR_SHARE = 15.0, 0.3
"""Distance from the route [m] of which no more than a share of the route may be driven."""

STANDING, BLOCKED = 0.1, 180.0
"""Who is slower [m/s] for so long [s] is blocked."""

_COMPLETE, _AT_GOAL = 0.99, 10.0  # share of the route; m from the goal


def timeout(length: float) -> int:
    """Time for a route of a length in metres [s] (CARLA Leaderboard 1.0)."""
    return int(0.8 * length + 5.0)


class Ending:
    """Notices the end of a route.

    Args:
        route: The way to drive.

    Attributes:
        timeout: After how long the route ends [s].
        completion: Driven share of the route so far [%]; 100 once the goal is reached.

    Source: CARLA Leaderboard 1.0, `InRouteTest`, `RouteCompletionTest`, `route_scenario.py`.
    """

    def __init__(self, route: Route) -> None:
        self._positions: list[float] = route.positions.tolist()
        self._goal: tuple[float, float] = tuple(route.points[-1].tolist())
        self._length = max(route.length, 1e-9)
        self._index = 0
        self._far = 0.0
        self._stands_since = math.inf
        self.timeout = timeout(route.length)
        self.completion = 0.0

    def update(self, truth: Truth) -> Event | None:
        """How the route ends in this tick, if it does."""
        seen = truth.observation
        if truth.index > self._index:
            if truth.off_route > FAR_OFF:
                self._far += self._positions[truth.index] - self._positions[self._index]
            self._index = truth.index
        done = self._positions[self._index] / self._length
        self.completion = max(self.completion, min(100.0, 100 * done))
        x, y, _ = seen.ego.pose
        if done > _COMPLETE and math.dist((x, y), self._goal) < _AT_GOAL:
            self.completion = 100.0
            return event("ROUTE_COMPLETION", truth, f"reached the goal after {seen.time:.0f} s")
        if truth.off_route > MAX_OFF:
            message = f"strayed {truth.off_route:.0f} m from the route"
            return event("ROUTE_DEVIATION", truth, message, off_route=truth.off_route)
        if self._far > MAX_FAR_SHARE * self._length:
            share = 100 * self._far / self._length
            message = f"drove {share:.0f} % of the route more than {FAR_OFF:.0f} m beside it"
            return event("ROUTE_DEVIATION", truth, message, off_route=truth.off_route)
        if seen.ego.speed >= STANDING:
            self._stands_since = math.inf
        elif self._stands_since == math.inf:
            self._stands_since = seen.time
        elif seen.time - self._stands_since > BLOCKED:
            return event("VEHICLE_BLOCKED", truth, f"stood for {BLOCKED:.0f} s")
        if seen.time > self.timeout:
            message = f"took longer than {self.timeout} s, at {self.completion:.0f} % of the route"
            return event("ROUTE_TIMEOUT", truth, message)
        return None
