"""Crossings: red lights and stop signs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from langprop.driving.event import Event
from langprop.driving.judging.criteria.noticed import event
from langprop.driving.route import Route, StopLine
from langprop.driving.simulator import Truth

_NEAR = 15.0  # m of the route around a line in which it is looked at
_STANDING = 0.1  # m/s
_STOP_ZONE = (-10.0, 2.0)  # m beyond the line in which standing is a stop
_STOP_PASSED = 3.0  # m beyond the line at which it is too late
_ASIDE = 2.0  # lane widths
_INFINITE = math.inf


class Crossings:
    """Notices red lights that are run and stop signs that are ignored; each line once.

    A red light is run when the vehicle's tail crosses the line while the light is red: yellow is no
    infraction, nor is to stop with the nose beyond the line. The tail is the piece from 0.8 half
    lengths to a half length and 1 m behind the centre, the line is 0.8 of the lane's width. A stop
    sign is ignored when the vehicle's centre is 3 m beyond the line, and it wasn't slower than
    0.1 m/s in the 10 m before.

    Args:
        route: The way to drive; its lines are those that are looked at.

    Source: CARLA Leaderboard 1.0, `RunningRedLightTest` and `RunningStopTest`.
    """

    def __init__(self, route: Route) -> None:
        self._waiting = list(enumerate(route.stop_lines))
        self._stopped: set[int] = set()
        self._slowest: dict[int, float] = {}

    def update(self, truth: Truth) -> list[Event]:
        """Infractions of this tick."""
        if not self._waiting:
            return []
        position = truth.observation.route_position
        events: list[Event] = []
        done: list[int] = []
        for at, (number, line) in enumerate(self._waiting):
            away = line.position - position
            if away > _NEAR:
                break
            if away < -_NEAR:
                done.append(at)
                continue
            if line.kind == "light":
                found = self._run_light(number, line, truth)
            else:
                found = self._ignored_sign(number, line, truth)
            if found is not None:
                events.append(found)
                done.append(at)
        for at in reversed(done):
            del self._waiting[at]
        return events

    def _run_light(self, number: int, line: StopLine, truth: Truth) -> Event | None:
        if not _is_red(truth.lights, number):
            return None
        ego = truth.observation.ego
        x, y, yaw = ego.pose
        forward, aside = _seen_from(line, x, y)
        u, v = line.heading
        c, s = math.cos(yaw), math.sin(yaw)
        along, across = c * u + s * v, s * u - c * v  # of the heading, and to the line's right
        if along <= 0:  # it faces the other way
            return None
        near, far = -0.8 * ego.half_length, -ego.half_length - 1.0
        if not forward + near * along >= 0 > forward + far * along:
            return None
        back = forward / along  # from the centre to where its axis crosses the line
        if abs(aside - back * across) > 0.8 * line.half_width:
            return None
        message = f"ran a red light at {ego.speed:.1f} m/s"
        return event("TRAFFIC_LIGHT_INFRACTION", truth, message, line=number, speed=ego.speed)

    def _ignored_sign(self, number: int, line: StopLine, truth: Truth) -> Event | None:
        if number in self._stopped or number in truth.completed_stops:
            return None
        ego = truth.observation.ego
        forward, aside = _seen_from(line, ego.pose.x, ego.pose.y)
        if abs(aside) > 2 * _ASIDE * line.half_width:
            return None
        if _STOP_ZONE[0] < forward < _STOP_ZONE[1]:
            if ego.speed < _STANDING:
                self._stopped.add(number)
                return None
            slowest = min(ego.speed, self._slowest.get(number, _INFINITE))
            self._slowest[number] = slowest
        if not _STOP_PASSED < forward < _NEAR:
            return None
        c, s = ego.pose.heading
        if c * line.heading[0] + s * line.heading[1] <= 0:
            return None
        slowest = self._slowest.get(number, ego.speed)
        message = (
            f"didn't stop at a stop sign: its least speed in the 10 m before the line was "
            f"{slowest:.1f} m/s"
        )
        return event(
            "STOP_INFRACTION", truth, message, line=number, speed=ego.speed, slowest=slowest
        )


def _is_red(lights: Sequence[str], number: int) -> bool:
    return number < len(lights) and lights[number] == "red"


def _seen_from(line: StopLine, x: float, y: float) -> tuple[float, float]:
    """Where a point is, seen from the middle of a line: beyond it, and to the right [m]."""
    dx, dy = x - line.xy[0], y - line.xy[1]
    u, v = line.heading
    return dx * u + dy * v, dy * u - dx * v
