"""Halts: vehicles of the traffic that were made to stop."""

from __future__ import annotations

import contextlib
from typing import Any

_ALL_CHECKS, _NO_BRAKE_LIMIT = 31, 27  # SUMO's bits of what a vehicle obeys


class Halts:
    """Vehicles of the traffic that were made to stop.

    `slowDown` alone keeps to the gentle braking of the vehicle's type, and lets it go when its time
    is over.

    Args:
        sumo: The library, running.
        dt: Seconds per step.
    """

    def __init__(self, sumo: Any, dt: float) -> None:
        self._sumo, self._dt = sumo, dt
        self._by: dict[str, set[str]] = {}
        self._standing: dict[str, int] = {}  # from which tick one shall stand

    def halt(self, actor: str, by: str, braking: float, tick: int) -> None:
        """Make a vehicle stop, and stand until all who halted it have released it.

        Args:
            actor: Its name.
            by: Who wants it.
            braking: How hard; SUMO's own limits don't count [m/s²].
            tick: The present one.
        """
        by_whom = self._by.setdefault(actor, set())
        if not by_whom:
            with contextlib.suppress(self._sumo.TraCIException):  # it has gone
                vehicle = self._sumo.vehicle
                seconds = max(self._dt, vehicle.getSpeed(actor) / braking)
                vehicle.setSpeedMode(actor, _NO_BRAKE_LIMIT)
                vehicle.slowDown(actor, 0.0, seconds)
                self._standing[actor] = tick + int(seconds / self._dt)
        by_whom.add(by)

    def release(self, actor: str, by: str) -> None:
        """Let it drive again; nothing happens if it has gone, or wasn't halted."""
        by_whom = self._by.get(actor)
        if by_whom is None:
            return
        by_whom.discard(by)
        if by_whom:
            return
        del self._by[actor]
        self._standing.pop(actor, None)
        with contextlib.suppress(self._sumo.TraCIException):
            self._sumo.vehicle.setSpeed(actor, -1)
            self._sumo.vehicle.setSpeedMode(actor, _ALL_CHECKS)

    def update(self, tick: int) -> None:
        """Keep those standing that stand now."""
        for actor in [actor for actor, at in self._standing.items() if tick >= at]:
            del self._standing[actor]
            with contextlib.suppress(self._sumo.TraCIException):
                self._sumo.vehicle.setSpeed(actor, 0.0)
