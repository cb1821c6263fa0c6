"""Upkeep: breaks what would stand for ever: deadlocks with the ego, and jams elsewhere."""

from __future__ import annotations

import contextlib
import math
from typing import Any

from langprop.driving.box import Box
from langprop.driving.observation import Observation

_EVERY = 20  # steps between two looks
_EVERYWHERE = 100  # steps between two looks at all vehicles
_STANDING = 0.1  # who is slower stands [m/s]
_BREAK = 15.0  # the ego stands for so long, and somebody waits for it: it shall go [s]
_TAKE_AWAY = 30.0  # it doesn't: away with it [s]
_WAITS = 12.0  # how long the other one has been waiting [s]
_NEAR = 25.0  # who may be waiting for the ego [m]
_IGNORING = 8.0  # for how long somebody doesn't regard the ego [s]
_POLITE = 3.0  # the ego stands for so long, and a pedestrian at the kerb, too: it shall go [s]
_KERB = 15.0  # how near that is [m]
_JAM = 60.0  # who stands for so long, far away, is in a jam [s]
_FAR = 60.0  # [m]
_STUCK = 60.0  # the ego stands for so long without a red light: those before it must be stuck [s]
_LONG = 45.0  # as long as no red light lasts [s]


class Upkeep:
    """Looks after the traffic once in a second.

    SUMO itself would move vehicles that wait for long to elsewhere, the ego as well; that is
    switched off. Instead, who waits inside a junction for an ego that waits for it drives on (or is
    taken away, if it can't), a pedestrian at the kerb walks if the ego waits for it, and vehicles
    that have stood for a minute out of sight are taken away.

    Args:
        sumo: The library, running.
        dt: Seconds per step.
    """

    def __init__(self, sumo: Any, dt: float) -> None:
        self._sumo, self._dt = sumo, dt
        self._since: int | None = None  # from which tick the ego stands
        self._ignoring: dict[str, int] = {}  # until which tick
        self._walking: set[str] = set()

    def update(self, seen: Observation) -> None:
        """Go on for a step.

        Args:
            seen: What is around the ego.
        """
        tick, dt = seen.tick, self._dt
        if seen.ego.speed >= _STANDING:
            self._since = None
        elif self._since is None:
            self._since = tick
        if tick % _EVERY != _EVERY - 1:
            return
        self._look_at_ignoring(tick)
        if tick % _EVERYWHERE == _EVERYWHERE - 1:
            self._clear_jams(seen)
        if self._since is None:
            return
        stood = (tick - self._since) * dt
        if stood > _POLITE:
            self._invite(seen)
        if stood > _BREAK:
            self._break(tick, seen, stood, round(_IGNORING / dt))
        if stood > _STUCK and seen.signals.red_light is None:
            self._clear_ahead(seen)

    def _break(self, tick: int, seen: Observation, stood: float, ticks: int) -> None:
        """Let those go who wait for the ego in a junction."""
        vehicle = self._sumo.vehicle
        for actor in self._standing(seen, _NEAR):
            with contextlib.suppress(self._sumo.TraCIException):
                if vehicle.getWaitingTime(actor.id) < _WAITS:
                    continue
                if not vehicle.getLaneID(actor.id).startswith(":"):
                    continue
                if stood > _TAKE_AWAY or _ahead(actor).overlaps(seen.ego):
                    vehicle.remove(actor.id)
                elif actor.id not in self._ignoring:
                    vehicle.setParameter(actor.id, "junctionModel.ignoreIDs", "ego")
                    self._ignoring[actor.id] = tick + ticks

    def _look_at_ignoring(self, tick: int) -> None:
        for name in [name for name, until in self._ignoring.items() if tick >= until]:
            del self._ignoring[name]
            with contextlib.suppress(self._sumo.TraCIException):
                self._sumo.vehicle.setParameter(name, "junctionModel.ignoreIDs", "")

    def _invite(self, seen: Observation) -> None:
        """Let a pedestrian walk who waits ahead for an ego that waits for it."""
        c, s = seen.ego.pose.heading
        for actor in seen.actors:
            if actor.kind != "pedestrian" or actor.speed > _STANDING or actor.id in self._walking:
                continue
            dx, dy = actor.pose.x - seen.ego.pose.x, actor.pose.y - seen.ego.pose.y
            if dx * c + dy * s > 0.0 and math.hypot(dx, dy) < _KERB:
                self._walking.add(actor.id)
                with contextlib.suppress(self._sumo.TraCIException):  # a scripted one
                    self._sumo.person.setType(actor.id, "ignoring")

    def _clear_jams(self, seen: Observation) -> None:
        vehicle = self._sumo.vehicle
        for name in vehicle.getIDList():
            if name != "ego" and vehicle.getWaitingTime(name) > _JAM:
                east, north = vehicle.getPosition(name)
                x, y, _ = seen.ego.pose
                if math.hypot(east - x, -north - y) > _FAR:
                    vehicle.remove(name)

    def _clear_ahead(self, seen: Observation) -> None:
        vehicle = self._sumo.vehicle
        c, s = seen.ego.pose.heading
        for actor in self._standing(seen, _FAR):
            dx, dy = actor.pose.x - seen.ego.pose.x, actor.pose.y - seen.ego.pose.y
            with contextlib.suppress(self._sumo.TraCIException):
                if dx * c + dy * s > 0.0 and vehicle.getWaitingTime(actor.id) > _LONG:
                    vehicle.remove(actor.id)

    @staticmethod
    def _standing(seen: Observation, reach: float) -> list[Box]:
        x, y, _ = seen.ego.pose
        return [
            actor
            for actor in seen.actors
            if actor.kind in ("vehicle", "bicycle")
            and actor.speed < _STANDING
            and math.hypot(actor.pose.x - x, actor.pose.y - y) < reach
        ]


def _ahead(box: Box) -> Box:
    """Where it is going to be: 6 m ahead."""
    c, s = box.pose.heading
    pose = box.pose._replace(x=box.pose.x + 6.0 * c, y=box.pose.y + 6.0 * s)
    return Box(pose, box.half_length + 6.0, box.half_width)
