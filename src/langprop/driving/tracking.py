"""Tracker: how far along its route a vehicle is, and what is ahead; the same for all backends."""

from __future__ import annotations

import math
from collections.abc import Sequence

from langprop.driving.observation import LightState, Signals
from langprop.driving.route import Route

TARGET_DISTANCE = 4.0
"""The target is the first point of the route that is farther from the vehicle's centre [m]."""

TRIGGER = 2.0
"""How far before a stop line its trigger is: what distances in `Signals` are measured to [m].

It stands in for the trigger volume of CARLA's lights.
"""

_AHEAD, _BEHIND = 50.0, 0.5  # where signals are seen: from the centre to the trigger [m]
_STANDING = 0.1  # who is slower stands [m/s]
_ZONE = (-2.0, 10.0)  # where standing counts as a stop: from the centre to the line [m]
_WINDOW = 3  # points that can be passed in one step: 60 m/s at 20 Hz
_NEAR = 30.0  # who is farther from a point of the route doesn't pass it [m]
_BEYOND = 6.0  # where the target is beyond the goal [m]
_OFF = (-4, 7)  # points around the one passed last from which `off_route` is measured


class Tracker:
    """Follows a vehicle along its route.

    A point of the route is passed when the vehicle's centre is in front of it (along the route's
    direction there) and less than 30 m away; points are passed in order, at most three in a step.
    A stop at a line is complete when the vehicle was slower than 0.1 m/s with its centre between
    10 m before and 2 m beyond the line.

    Args:
        route: The way to drive.

    Attributes:
        index: Of the last point that was passed.
        position: Metres of the route behind the vehicle; between two points, it is the foot of the
            perpendicular.
        off_route: Distance from the route near there [m].
        target: The point to steer for: the first one ahead that is more than 4 m away, or straight
            on beyond the goal (x, y) [m].
        completed: Indices of the stop lines with signs at which the vehicle has stopped.

    Source: CARLA Leaderboard 1.0, `RouteCompletionTest`; LangProp's agent for the target.
    """

    def __init__(self, route: Route) -> None:
        self.route = route
        # Plain floats: numpy takes longer than all the rest here.
        self._x: list[float] = route.points[:, 0].tolist()
        self._y: list[float] = route.points[:, 1].tolist()
        self._u: list[float] = route.directions[:, 0].tolist()
        self._v: list[float] = route.directions[:, 1].tolist()
        self._s: list[float] = route.positions.tolist()
        self._lines = [
            (number, line.position, line.kind) for number, line in enumerate(route.stop_lines)
        ]
        self._next_line = 0  # the first that may still be seen
        self.index = 0
        self.position: float = self._s[0]
        self.off_route = 0.0
        self.target = (self._x[0], self._y[0])
        self.completed: set[int] = set()

    def update(self, x: float, y: float, speed: float) -> None:
        """Take note of where the vehicle is now.

        Args:
            x: East of its centre [m].
            y: South of its centre [m].
            speed: Its speed [m/s].
        """
        self._pass_points(x, y)
        self.off_route = self._distance(x, y)
        self.target = self._aim(x, y)
        while (
            self._next_line < len(self._lines)
            and self._lines[self._next_line][1] - self.position < _ZONE[0] - 1.0
        ):
            self._next_line += 1
        if speed < _STANDING:
            for number, at, kind in self._lines[self._next_line :]:
                if at - self.position > _ZONE[1]:
                    break
                if kind == "stop" and at - self.position > _ZONE[0]:
                    self.completed.add(number)

    def signals(self, lights: Sequence[LightState]) -> Signals:
        """What the road says, seen from where the vehicle is.

        Args:
            lights: State of each of the route's stop lines.
        """
        red = stop = None
        light_id = stop_id = None
        state: LightState | None = None
        for number, at, kind in self._lines[self._next_line :]:
            away = at - TRIGGER - self.position
            if away > _AHEAD:
                break
            if away < -_BEHIND:
                continue
            if kind == "light":
                now = lights[number]
                if state is None:
                    state = now
                if red is None and now in ("red", "yellow"):
                    red, light_id = away, number
            elif stop is None:
                stop, stop_id = away, number
        return Signals(red, stop, light_id, stop_id, state or "off", stop_id in self.completed)

    def _pass_points(self, x: float, y: float) -> None:
        i = self.index
        for j in range(i + 1, min(i + 1 + _WINDOW, len(self._x))):
            dx, dy = x - self._x[j], y - self._y[j]
            if dx * self._u[j] + dy * self._v[j] > 0.0 and dx * dx + dy * dy < _NEAR * _NEAR:
                i = j
        self.index = i
        along = (x - self._x[i]) * self._u[i] + (y - self._y[i]) * self._v[i]
        gap = self._s[i + 1] - self._s[i] if i + 1 < len(self._s) else 0.0
        self.position = self._s[i] + max(0.0, min(gap, along))

    def _distance(self, x: float, y: float) -> float:
        """From the pieces of the route around the vehicle [m]."""
        first = max(0, self.index + _OFF[0])
        last = min(len(self._x) - 1, self.index + _OFF[1])
        best = math.inf
        for i in range(first, last):
            ax, ay = self._x[i], self._y[i]
            bx, by = self._x[i + 1] - ax, self._y[i + 1] - ay
            px, py = x - ax, y - ay
            size = bx * bx + by * by
            t = (px * bx + py * by) / size if size else 0.0
            if t > 0.0:
                t = min(t, 1.0)
                px -= t * bx
                py -= t * by
            best = min(best, px * px + py * py)
        return math.sqrt(best)

    def _aim(self, x: float, y: float) -> tuple[float, float]:
        for j in range(self.index + 1, len(self._x)):
            dx, dy = self._x[j] - x, self._y[j] - y
            if dx * dx + dy * dy > TARGET_DISTANCE * TARGET_DISTANCE:
                return self._x[j], self._y[j]
        gx, gy, u, v = self._x[-1], self._y[-1], self._u[-1], self._v[-1]
        past = max(0.0, (x - gx) * u + (y - gy) * v)  # who overshoots isn't called back
        return gx + (past + _BEYOND) * u, gy + (past + _BEYOND) * v
