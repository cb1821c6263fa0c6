"""Collisions: who was hit."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from langprop.driving.box import Box, wrap
from langprop.driving.event import Event, EventKind
from langprop.driving.judging.criteria.fault import (
    DRIVES_ON,
    STANDING,
    Verdict,
    hits_with_front,
    judge,
)
from langprop.driving.judging.criteria.lanes import WRONG_WAY
from langprop.driving.judging.criteria.noticed import event
from langprop.driving.judging.criteria.sight import Sight
from langprop.driving.judging.criteria.words import collision as in_words
from langprop.driving.simulator import Truth

OFF_ROAD = 6.0
"""Metres beyond the nearest lane at which buildings stand: SUMO has no static objects."""

_SAME = 5.0  # s in which the same actor isn't counted again
_NEAR, _FORGET = 3.0, 5.0  # m: nothing counts as near to a collision, until that is far away
_REACH = 14.0  # m between centres, more than those of the longest vehicles that touch
_APART = 0.5  # s without contact after which it has ended
_SENSOR = 0.5  # m by which boxes may miss each other where a sensor reports a contact
# Others are taken off the road after a while, so that the drive can go on [s].
_STAYS = {"pedestrian": 1.5}
_OTHERS_STAY = 4.0

_KINDS: dict[str, EventKind] = {
    "pedestrian": "COLLISION_PEDESTRIAN",
    "vehicle": "COLLISION_VEHICLE",
    "bicycle": "COLLISION_VEHICLE",
    "static": "COLLISION_STATIC",
}


class _Repeats:
    """Which contacts the leaderboard takes for one.

    The actor that was hit last isn't counted again within 5 s, nor is anyone within 3 m of a place
    where somebody was hit, until the vehicle has been 5 m away from there.
    """

    def __init__(self) -> None:
        self._last, self._time = "", -math.inf
        self._places: list[tuple[float, float]] = []

    def move(self, x: float, y: float) -> None:
        if self._places:
            self._places = [p for p in self._places if math.dist(p, (x, y)) <= _FORGET]

    def new(self, name: str, time: float, x: float, y: float) -> bool:
        """Whether a contact counts; it is remembered then."""
        if name == self._last and time - self._time <= _SAME:
            return False
        if any(math.dist(place, (x, y)) <= _NEAR for place in self._places):
            return False
        self._last, self._time = name, time
        self._places.append((x, y))
        return True


@dataclass
class _Contact:
    """Somebody who is being touched, or was in the last seconds.

    Attributes:
        verdict: Whose fault it is.
        begun: When [s].
        last: When it was last seen [s].
    """

    verdict: Verdict
    begun: float
    last: float


class Collisions:
    """Finds out who is hit, by the boxes; and what a sensor reports, where there is one."""

    def __init__(self) -> None:
        self._strict, self._fault = _Repeats(), _Repeats()
        self._contacts: dict[str, _Contact] = {}
        self._leaving: dict[str, float] = {}
        self._sight = Sight()
        self._off_road = False

    def update(self, truth: Truth) -> list[Event]:
        """Collisions of this tick."""
        self._sight.update(truth.observation)
        ego, time = truth.observation.ego, truth.observation.time
        x, y, _ = ego.pose
        self._strict.move(x, y)
        self._fault.move(x, y)
        events: list[Event] = []
        for other in truth.observation.actors:
            px, py, _ = other.pose
            if (
                -_REACH < px - x < _REACH
                and -_REACH < py - y < _REACH
                and _touch(ego, other, truth)
            ):
                events += self._touched(other, truth)
        if truth.hits:
            known = {box.id for box in truth.observation.actors}
            for name in sorted(truth.hits - known):
                events += self._bumped(name, truth)
        if truth.fix.beyond > OFF_ROAD and not self._off_road:
            self._off_road = True
            message = (
                f"left the road by {truth.fix.beyond:.1f} m, at {ego.speed:.1f} m/s: that is where "
                "buildings stand"
            )
            events.append(event("COLLISION_STATIC", truth, message, speed=ego.speed))
        if self._contacts:
            self._contacts = {
                name: contact
                for name, contact in self._contacts.items()
                if time - contact.last <= _APART or time - contact.begun <= _SAME
            }
        return events

    def leaving(self, time: float) -> list[str]:
        """Names of actors that shall be taken off the road now.

        Args:
            time: Now [s].
        """
        if not self._leaving:
            return []
        names = [name for name, when in self._leaving.items() if time >= when]
        for name in names:
            del self._leaving[name]
        return names

    def _touched(self, other: Box, truth: Truth) -> list[Event]:
        """Somebody is being touched in this tick."""
        ego, time = truth.observation.ego, truth.observation.time
        contact = self._contacts.get(other.id)
        if contact is None:
            contact = _Contact(self._judged(other, truth), time, time)
            self._contacts[other.id] = contact
            if other.kind != "static":
                self._leaving[other.id] = time + _STAYS.get(other.kind, _OTHERS_STAY)
        elif ego.speed >= DRIVES_ON and hits_with_front(ego, other):
            if contact.verdict == "standing":
                contact.verdict = "fault"  # it was touched, and now it drives on into the other one
            elif time - contact.last > _APART and contact.verdict != "fault":
                contact.verdict = self._judged(other, truth)  # they had parted
        contact.last = time
        at_fault = contact.verdict == "fault"
        x, y, _ = ego.pose
        strict = self._strict.new(other.id, time, x, y)
        fault = at_fault and self._fault.new(other.id, time, x, y)
        if not (strict or fault):
            return []
        track = self._sight.track(other.id)
        return [
            event(
                _KINDS[other.kind],
                truth,
                in_words(ego, other, track, contact.verdict),
                other=other.id,
                at_fault=fault,
                strict=strict,
                speed=ego.speed,
                other_speed=other.speed,
                verdict=contact.verdict,
                in_view=track[-1].ago if track else 0.0,
            )
        ]

    def _judged(self, other: Box, truth: Truth) -> Verdict:
        """Whose fault it is that somebody is being touched."""
        track = self._sight.track(other.id)
        # At the start of a drive nobody has come into view: they were there.
        whole = bool(track) and track[-1].ago < self._sight.span - 1e-9
        fix, ego = truth.fix, truth.observation.ego
        astray = (
            not fix.in_junction
            and fix.heading is not None
            and abs(wrap(ego.pose.yaw - fix.heading)) > WRONG_WAY
        )
        return judge(ego, other, track, whole=whole, astray=astray)

    def _bumped(self, name: str, truth: Truth) -> list[Event]:
        """A sensor reports something that isn't among the actors."""
        ego, time = truth.observation.ego, truth.observation.time
        x, y, _ = ego.pose
        moving = ego.speed >= STANDING
        strict = self._strict.new(name, time, x, y)
        fault = moving and self._fault.new(name, time, x, y)
        if not (strict or fault):
            return []
        message = f"ran into an obstacle at {ego.speed:.1f} m/s"
        found = event(
            "COLLISION_STATIC",
            truth,
            message,
            other=name,
            at_fault=fault,
            strict=strict,
            speed=ego.speed,
        )
        return [found]


def _touch(ego: Box, other: Box, truth: Truth) -> bool:
    if ego.overlaps(other):
        return True
    if other.id not in truth.hits:
        return False
    wide = replace(
        other, half_length=other.half_length + _SENSOR, half_width=other.half_width + _SENSOR
    )
    return ego.overlaps(wide)
