"""Jaywalker: a pedestrian who crosses the road where there is no crossing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

from langprop.driving.box import Box, Pose

if TYPE_CHECKING:
    from langprop.driving.sumo.hazards import Surroundings

_HALF = 0.25  # of its width and length [m]
_STEP_FORWARD = 0.5  # from the middle of the sidewalk, both where it begins and where it ends [m]
_REACTION, _BRAKING = 1.0, 8.0  # of the driver who avoids it [s], [m/s²]
_MARGIN = 1.5  # that is left then [m]
_SLOWEST, _FASTEST = 0.9, 2.2  # [m/s]
_GAIN = 1.0  # by which a driver may still speed up while reacting [m/s]
_WAITING = 0.5  # who is slower waits [m/s]
_PATIENCE = 2.0  # then it crosses before an ego that waits [s]
_GIVE_UP = 4.0  # then it is gone, if the ego waits where it would cross [s]
_ROOM = 3.0  # between an ego that may start any moment and where it crosses [m]
_SEEN = 30.0  # from where an ego may be waiting for it [m]
_HELD = 1.5  # then it turns back from somebody who stands in its way [s]
_CARS_BRAKE = 7.0  # [m/s²]
_CLEAR = 0.3  # it keeps from who stands in its way [m]

State = Literal["waiting", "crossing", "returning", "over", "gone"]


class Way(NamedTuple):
    """Where somebody crosses the road.

    Attributes:
        place: Metres of the route before it.
        start: Middle of the sidewalk where it begins (x, y) [m].
        goal: Middle of the sidewalk on the other side (x, y) [m].
        middle: Where the route crosses it (x, y) [m].
    """

    place: float
    start: tuple[float, float]
    goal: tuple[float, float]
    middle: tuple[float, float]


class Jaywalker:
    """Somebody at the kerb who steps out when the ego comes.

    It steps out when the ego, if it kept its speed, would hit it, and no later than a driver needs
    who reacts within 1 s and brakes at 8 m/s². Then it walks on at an even pace; it only halts
    before the flank of the ego, or before who stands in its way, and turns back if that doesn't
    move. It doesn't wait for an ego that waits for it. It is nobody of SUMO's, whose pedestrians
    can't leave the sidewalks: vehicles are stopped for it.

    Args:
        name: Unique in an episode.
        way: Where it walks.
        offset: How far behind the middle it shall be when the ego arrives [m].
        pace: How fast it would like to be [m/s]; when it starts, it takes what brings it there.

    Attributes:
        name: Unique in an episode.
        state: What it does.
    """

    def __init__(self, name: str, way: Way, *, offset: float, pace: float) -> None:
        self.name = name
        self.state: State = "waiting"
        self._place, self._offset, self._pace = way.place, offset, pace
        width = math.dist(way.start, way.goal)
        self._u = (way.goal[0] - way.start[0]) / width
        self._v = (way.goal[1] - way.start[1]) / width
        self._x = way.start[0] + self._u * _STEP_FORWARD
        self._y = way.start[1] + self._v * _STEP_FORWARD
        self._way = width - 2 * _STEP_FORWARD  # to walk
        self._done = 0.0  # of it
        middle = way.middle
        self._to_middle = (middle[0] - self._x) * self._u + (middle[1] - self._y) * self._v
        self._moving = False
        self._waited = 0.0
        self._held = 0.0
        self._halted: set[str] = set()

    @property
    def box(self) -> Box | None:
        """Where it is; None once it has gone."""
        if self.state == "gone":
            return None
        return self._box(self._done, self._pace if self._moving else 0.0)

    def remove(self) -> None:
        """Take it off the road."""
        self.state = "gone"

    def update(self, around: Surroundings) -> None:
        """Go on for a step."""
        if self.state == "waiting":
            self._wait(around)
        if self.state in ("crossing", "returning"):
            self._walk(around)
            self._stop_vehicles(around)
        elif self._halted:
            for actor in sorted(self._halted):
                around.release(actor, self.name)
            self._halted.clear()

    def _wait(self, around: Surroundings) -> None:
        speed = around.ego.speed
        gap = self._place - around.position - around.ego.half_length
        if speed < _WAITING and -2 * around.ego.half_length < gap < _SEEN:
            self._waited += around.dt
            if self._waited > _GIVE_UP and gap < _CLEAR + _HALF:
                self.state = "gone"
            elif self._waited > (_PATIENCE if gap > _ROOM else _GIVE_UP):
                self.state = "crossing"
            return
        self._waited = 0.0
        if gap < _needed(speed):  # too late for the driver
            return
        sure = _needed(speed + _GAIN) + _MARGIN
        if gap < max(sure, speed * (self._to_middle + self._offset) / self._pace):
            wanted = (self._to_middle + self._offset) * max(speed, _WAITING) / gap
            self._pace = max(_SLOWEST, min(_FASTEST, wanted))
            self.state = "crossing"

    def _walk(self, around: Surroundings) -> None:
        ahead = 1.0 if self.state == "crossing" else -1.0
        done = self._done + ahead * self._pace * around.dt
        self._moving = not self._barred(done, around)
        if self._moving:
            self._held = 0.0
            self._done = done
            if done >= self._way or done <= 0.0:
                self.state, self._moving = "over", False
            return
        self._held += around.dt
        if self._held > _HELD:
            self._held = 0.0
            self.state = "returning" if self.state == "crossing" else "gone"

    def _barred(self, done: float, around: Surroundings) -> bool:
        """Whether its next step would end at a vehicle that stands, or at the ego's flank."""
        step = self._box(done, self._pace, _CLEAR)
        x, y, _ = step.pose
        ego = around.ego
        if _near(step, ego) and step.overlaps(ego):
            c, s = ego.pose.heading
            beside = (x - ego.pose.x) * c + (y - ego.pose.y) * s < ego.half_length - _CLEAR
            if beside or ego.speed < _WAITING:
                return True
        return any(
            actor.speed < _WAITING and _near(step, actor) and step.overlaps(actor)
            for actor in around.actors
            if actor.kind in ("vehicle", "bicycle")
        )

    def _stop_vehicles(self, around: Surroundings) -> None:
        """Make those stop that come towards it, and let those go that it has passed."""
        x, y = self._x + self._u * self._done, self._y + self._v * self._done
        near = set()
        for actor in around.actors:
            if actor.kind not in ("vehicle", "bicycle"):
                continue
            dx, dy = x - actor.pose.x, y - actor.pose.y
            if abs(dx) + abs(dy) > 60.0:
                continue
            c, s = actor.pose.heading
            gap = dx * c + dy * s - actor.half_length
            if -0.5 < gap < 4.0 + actor.speed**2 / _CARS_BRAKE and abs(dy * c - dx * s) < 3.0:
                near.add(actor.id)
        for actor_id in sorted(near - self._halted):
            around.halt(actor_id, self.name, _CARS_BRAKE)
        for actor_id in sorted(self._halted - near):
            around.release(actor_id, self.name)
        self._halted = near

    def _box(self, done: float, speed: float, margin: float = 0.0) -> Box:
        turn = math.pi if self.state == "returning" else 0.0
        yaw = math.atan2(self._v, self._u) + turn
        pose = Pose(self._x + self._u * done, self._y + self._v * done, yaw)
        return Box(pose, _HALF + margin, _HALF + margin, speed, "pedestrian", self.name)


def _needed(speed: float) -> float:
    """Metres that a driver needs to stop."""
    return speed * _REACTION + speed * speed / (2 * _BRAKING)


def _near(box: Box, other: Box) -> bool:
    return abs(box.pose.x - other.pose.x) + abs(box.pose.y - other.pose.y) < 10.0
