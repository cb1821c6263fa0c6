"""BrakingLeader: a vehicle ahead that brakes hard, for no reason that one could see."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from langprop.driving.box import Box

if TYPE_CHECKING:
    from langprop.driving.sumo.hazards import Surroundings

_BRAKING = 7.0  # of the leader [m/s²]
_REACTION, _OWN_BRAKING = 1.0, 8.0  # of the driver who avoids it [s], [m/s²]
_MARGIN = 1.0  # that is left then [m]
_FARTHEST = 18.0  # between the bumpers; beyond, it is no danger [m]
_SLOWEST = 2.5  # who is slower needn't brake [m/s]
_PATIENCE = 60.0  # metres of the route on which it looks for a leader


class BrakingLeader:
    """The first vehicle that is followed behind a place of the route brakes hard, and stands.

    Only where the gap is what a driver needs who reacts within 1 s and brakes at 8 m/s².

    Args:
        name: Unique in an episode.
        place: Metres of the route before it.
        standing: How long it stands [s].
    """

    def __init__(self, name: str, place: float, standing: float) -> None:
        self.name = name
        self._place, self._standing = place, standing
        self._leader = ""
        self._until = 0.0
        self._over = False

    @property
    def box(self) -> Box | None:
        """None: it moves nobody itself."""
        return None

    def remove(self) -> None:
        """Nothing: the leader is the traffic's."""

    def update(self, around: Surroundings) -> None:
        """Go on for a step."""
        if self._over or around.position < self._place:
            return
        now = around.tick * around.dt
        if self._leader:
            if now >= self._until:
                around.release(self._leader, self.name)
                self._over = True
            return
        if around.position > self._place + _PATIENCE:
            self._over = True
            return
        leader = _leader(around)
        if leader is not None:
            self._leader = leader.id
            self._until = now + leader.speed / _BRAKING + self._standing
            around.halt(leader.id, self.name, _BRAKING)


def _leader(around: Surroundings) -> Box | None:
    """Who drives ahead, neither too near nor too far."""
    ego = around.ego
    c, s = ego.pose.heading
    for actor in around.actors:
        if actor.kind != "vehicle" or actor.speed < _SLOWEST:
            continue
        dx, dy = actor.pose.x - ego.pose.x, actor.pose.y - ego.pose.y
        gap = dx * c + dy * s - ego.half_length - actor.half_length
        if not 0.0 < gap < _FARTHEST or abs(dy * c - dx * s) > 1.5:
            continue
        if math.cos(actor.pose.yaw - ego.pose.yaw) < 0.8:
            continue
        own = ego.speed * _REACTION + ego.speed**2 / (2 * _OWN_BRAKING)
        if gap > own - actor.speed**2 / (2 * _BRAKING) + _MARGIN:
            return actor
    return None
