"""Outlook: who is, or will be, in the way on the next metres of a route."""

from __future__ import annotations

import math

from langprop.driving.agents.pid import SPEEDS
from langprop.driving.box import Box, wrap
from langprop.driving.observation import Observation
from langprop.driving.route import Route

_LOOK = 24  # m of the route ahead that are looked at for whoever is there now
_STEP = 0.25  # s between looks into the future
_STEPS, _MORE_STEPS = 11, 17  # looks; when starting, which takes time, one more second and a half
_STARTING = 1.5  # m/s
_GAIN = 3.0  # m/s² of its own acceleration
_BRAKING, _REACTION = 4.0, 0.25  # m/s², s: of the gap that is kept
_CRUISE = SPEEDS["MOVE"]
_GAPS = {"pedestrian": 1.8, "vehicle": 1.5, "bicycle": 1.5, "static": 1.5}  # m that are left
_ASIDE = {"pedestrian": 0.6, "vehicle": 0.2, "bicycle": 0.3, "static": 0.2}  # m at the sides
_ASIDE_STANDING = 0.25  # m
_WINDOWS = {"pedestrian": 3, "vehicle": 1, "bicycle": 2, "static": 0}  # looks sooner or later
_WALKS = 0.2  # m/s
_FULL = 7.0  # m/s² of the brakes
_FAR = 30.0  # m
_RETURN, _MOST_BESIDE = 6.0, 2.0  # m in which most of an offset from the route is gone; its most
_ALONG = math.cos(math.radians(45))


class Outlook:
    """Who is, or will be, in the way on the next metres of a route.

    Args:
        route: The way to drive.
    """

    def __init__(self, route: Route) -> None:
        self._x: list[float] = route.points[:, 0].tolist()
        self._y: list[float] = route.points[:, 1].tolist()
        self._u: list[float] = route.directions[:, 0].tolist()
        self._v: list[float] = route.directions[:, 1].tolist()
        self._s: list[float] = route.positions.tolist()
        self._turning: dict[str, tuple[float, float, float]] = {}  # time, yaw, turn rate

    def speed(self, seen: Observation, index: int) -> float:
        """The speed at which nobody is hit [m/s].

        Args:
            seen: What there is to see.
            index: Of the last point of the route that was passed.
        """
        allowed = math.inf
        ego = seen.ego
        x, y, yaw = ego.pose
        c, s = math.cos(yaw), math.sin(yaw)
        path: list[tuple[float, float, float, float, float]] | None = None
        future: list[tuple[float, float, float, float, float]] = []
        turning: dict[str, tuple[float, float, float]] = {}
        for other in seen.actors:
            rate = self._turn_rate(other, seen.time, turning)
            dx, dy = other.pose.x - x, other.pose.y - y
            if not (-_FAR < dx < _FAR and -_FAR < dy < _FAR):
                continue
            aside = abs(dy * c - dx * s)
            if dx * c + dy * s < -0.5 * ego.half_length and (
                other.speed <= _WALKS or aside < ego.half_width + other.half_width
            ):  # behind: it looks out itself
                continue
            if path is None:
                path = self._path(seen, index)
                future = self._future(seen, index)
            allowed = min(allowed, _there(ego, other, path), _coming(ego, other, rate, future))
        self._turning = turning
        return allowed

    def _turn_rate(
        self, other: Box, time: float, turning: dict[str, tuple[float, float, float]]
    ) -> float:
        """How fast somebody turns [rad/s]."""
        if other.kind == "pedestrian":
            return 0.0
        yaw, rate = other.pose.yaw, 0.0
        before = self._turning.get(other.id)
        if before is not None and other.speed > 1.0 and time > before[0]:
            now = wrap(yaw - before[1]) / (time - before[0])
            weight = min(1.0, 4 * (time - before[0]))
            rate = before[2] + weight * (max(-1.0, min(1.0, now)) - before[2])
        turning[other.id] = time, yaw, rate
        return rate

    def _path(
        self, seen: Observation, index: int
    ) -> list[tuple[float, float, float, float, float]]:
        """The vehicle now, and points of the route ahead: metres from here, pose, direction."""
        x, y, yaw = seen.ego.pose
        here = seen.route_position
        path = [(0.0, x, y, math.cos(yaw), math.sin(yaw))]
        beside = self._beside(x, y, index)
        for k in range(index + 1, min(len(self._x), index + 1 + _LOOK)):
            away = self._s[k] - here
            if away > 0.5:
                u, v = self._u[k], self._v[k]
                shift = beside * math.exp(-away / _RETURN)
                path.append((away, self._x[k] - v * shift, self._y[k] + u * shift, u, v))
        return path

    def _beside(self, x: float, y: float, index: int) -> float:
        """How far the vehicle is to the right of the route: it cuts corners [m]."""
        beside = (y - self._y[index]) * self._u[index] - (x - self._x[index]) * self._v[index]
        return max(-_MOST_BESIDE, min(_MOST_BESIDE, beside))

    def _future(
        self, seen: Observation, index: int
    ) -> list[tuple[float, float, float, float, float]]:
        """Where the vehicle will be at the next looks, if nothing holds it up."""
        speed = seen.ego.speed
        x, y, yaw = seen.ego.pose
        poses = [(0.0, x, y, math.cos(yaw), math.sin(yaw))]
        here, way, k, last = seen.route_position, 0.0, index, len(self._x) - 1
        beside = self._beside(x, y, index)
        for _ in range(_MORE_STEPS if speed < _STARTING else _STEPS):
            faster = min(max(_CRUISE, speed), speed + _GAIN * _STEP)
            way += (speed + faster) / 2 * _STEP
            speed = faster
            while k < last and self._s[k] < here + way:
                k += 1
            beyond = here + way - self._s[k]
            u, v = self._u[k], self._v[k]
            shift = beside * math.exp(-way / _RETURN)
            poses.append(
                (
                    way,
                    self._x[k] + beyond * u - v * shift,
                    self._y[k] + beyond * v + u * shift,
                    u,
                    v,
                )
            )
        return poses


def _there(ego: Box, other: Box, path: list[tuple[float, float, float, float, float]]) -> float:
    """The speed that somebody allows who is on the route now [m/s]."""
    ax, ay, yaw = other.pose
    c, s = math.cos(yaw), math.sin(yaw)
    aside = _ASIDE[other.kind] if other.speed > _WALKS else _ASIDE_STANDING
    reach = ego.half_length + other.half_length + other.half_width
    for away, x, y, u, v in path:
        dx, dy = ax - x, ay - y
        along = dx * u + dy * v
        if not -reach < along < reach:
            continue
        same, across = abs(c * u + s * v), abs(s * u - c * v)
        long = ego.half_length + same * other.half_length + across * other.half_width
        wide = ego.half_width + across * other.half_length + same * other.half_width + aside
        if abs(along) <= long and abs(dy * u - dx * v) <= wide:
            gap = away + along - long if along > 0 else away
            return _safe(gap - _GAPS[other.kind], max(0.0, other.speed * (c * u + s * v)))
    return math.inf


def _coming(
    ego: Box, other: Box, rate: float, future: list[tuple[float, float, float, float, float]]
) -> float:
    """The speed that somebody allows who will be where the vehicle will be [m/s]."""
    speed = other.speed
    if speed < _WALKS:
        return math.inf
    ax, ay, yaw = other.pose
    window = _WINDOWS[other.kind]
    aside = _ASIDE[other.kind]
    n = len(future)
    allowed = math.inf
    reach = ego.half_length + other.half_length + other.half_width
    c, s = math.cos(yaw), math.sin(yaw)
    _, x, y, u, v = future[0]
    # One who comes from the side isn't followed: it isn't ahead yet, and may be the faster one.
    leads = c * u + s * v > _ALONG and (ax - x) * u + (ay - y) * v > ego.half_length
    brakes_in = ego.speed * ego.speed / (2 * _FULL)
    for step in range(1, n):
        if rate:
            yaw += rate * _STEP
            c, s = math.cos(yaw), math.sin(yaw)
        ax += c * speed * _STEP
        ay += s * speed * _STEP
        for at in range(max(0, step - window), min(n, step + window + 1)):
            away, x, y, u, v = future[at]
            dx, dy = ax - x, ay - y
            along = dx * u + dy * v
            if not -reach < along < reach:
                continue
            same, across = abs(c * u + s * v), abs(s * u - c * v)
            wide = ego.half_width + across * other.half_length + same * other.half_width + aside
            if abs(dy * u - dx * v) > wide:
                continue
            long = ego.half_length + same * other.half_length + across * other.half_width
            if abs(along) > long:
                continue
            gap = max(0.0, away + along - long)  # until its way is reached
            if gap < brakes_in and at != step:
                continue  # to stop in its way is worse than to be gone before it comes
            gap -= _GAPS[other.kind]
            lead = max(0.0, speed * (c * u + s * v)) if leads else 0.0
            allowed = min(allowed, _safe(gap, lead))
            break
        if allowed < math.inf:
            break
    return allowed


def _safe(gap: float, speed: float) -> float:
    """The speed at which one can stop behind somebody who brakes (Gipps 1981) [m/s].

    Args:
        gap: Between them, less what shall be left [m].
        speed: Of the one ahead, along the way [m/s].
    """
    lost = _BRAKING * _REACTION
    return math.sqrt(lost * lost + speed * speed + 2 * _BRAKING * max(0.0, gap)) - lost
