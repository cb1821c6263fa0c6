"""StraightRoad: a simulator of one straight road, in plain Python, for tests without SUMO."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from langprop.driving.box import Box, Pose
from langprop.driving.control import Control
from langprop.driving.observation import LightState, Observation
from langprop.driving.route import Route, StopLine
from langprop.driving.simulator import LaneFix, Truth
from langprop.driving.sumo.bicycle import Bicycle
from langprop.driving.task import RouteTask
from langprop.driving.tracking import Tracker
from langprop.errors import SimulatorError

_HALF_WIDTH = 1.75  # m of the lane
_SIGHT = 50.0  # m


class Extra(NamedTuple):
    """Somebody else on the road, who keeps course and speed.

    Attributes:
        box: Where it is in the beginning, and how fast.
        starts: When it starts to move [s].
        appears: When it comes into being [s].
    """

    box: Box
    starts: float = 0.0
    appears: float = 0.0


@dataclass(frozen=True)
class Lamp:
    """A light that is red at first.

    Attributes:
        position: Metres of the route before its line.
        green: When it turns green [s].
    """

    position: float
    green: float = 10.0


def straight_route(length: float, lines: Sequence[StopLine] = ()) -> Route:
    """A route to the east along y = 0.

    Args:
        length: Whole metres.
        lines: Its stop lines.
    """
    positions = np.arange(int(length) + 1, dtype=float)
    zeros, ones = np.zeros_like(positions), np.ones_like(positions)
    points, directions = np.stack([positions, zeros], 1), np.stack([ones, zeros], 1)
    return Route(points, directions, positions, frozenset({"lane"}), tuple(lines))


class StraightRoad:
    """One lane of a straight road to the east, along y = 0.

    A drive depends on nothing but the controls: the seed only shifts where the others begin.

    Args:
        length: Of the route [m].
        cast: Who else is there.
        lamps: Lights on the route.
        signs: Metres of the route before each of its stop signs.
        dies_on: Name of a task on which the simulator kills its own process, after ten ticks.
        once: File that it leaves behind when it dies or breaks, and whose presence keeps it from
            doing so again.
        after: File for which it waits before it dies.
        breaks_on: Name of a task on which it raises a `SimulatorError`, after ten ticks.

    Attributes:
        dt: Seconds per step.
    """

    def __init__(
        self,
        length: float = 60.0,
        cast: Sequence[Extra] = (),
        *,
        lamps: Sequence[Lamp] = (),
        signs: Sequence[float] = (),
        dies_on: str = "",
        once: Path | None = None,
        after: Path | None = None,
        breaks_on: str = "",
    ) -> None:
        self.dt = 0.05
        self._length = length
        self._cast = list(cast)
        self._lamps = list(lamps)
        self._signs = list(signs)
        self._dies_on, self._once, self._after = dies_on, once, after
        self._breaks_on = breaks_on
        self._closed = False

    def reset(self, task: RouteTask, seed: int) -> Observation:
        """Begin a route."""
        if self._closed:
            raise SimulatorError("the simulator is closed: make a new one.")
        lamps = [
            StopLine(lamp.position, "light", (lamp.position, 0.0), (1.0, 0.0), _HALF_WIDTH, "lamp")
            for lamp in self._lamps
        ]
        signs = [StopLine(at, "stop", (at, 0.0), (1.0, 0.0), _HALF_WIDTH) for at in self._signs]
        lines = sorted([*lamps, *signs], key=lambda line: line.position)
        self._task = task
        self._tick = 0
        self._route = straight_route(self._length, lines)
        self._bicycle = Bicycle(Pose(0.0, 0.0, 0.0))
        self._tracker = Tracker(self._route)
        shift = 0.1 * seed
        self._others = [
            replace(
                extra.box,
                pose=extra.box.pose._replace(x=extra.box.pose.x + shift),
                id=extra.box.id or f"extra{number}",
                number=number,
            )
            for number, extra in enumerate(self._cast, 1)
        ]
        self._gone: set[str] = set()
        self._tracker.update(0.0, 0.0, 0.0)
        return self.observe()

    def observe(self) -> Observation:
        """What is to be seen now."""
        now = self._tick * self.dt
        ego = self._bicycle.box
        actors = tuple(
            box if now >= extra.starts else replace(box, speed=0.0)
            for box, extra in zip(self._others, self._cast, strict=True)
            if now >= extra.appears
            and box.id not in self._gone
            and math.dist(box.pose[:2], ego.pose[:2]) <= _SIGHT
        )
        return Observation(
            self._tick,
            now,
            ego,
            self._tracker.target,
            self._tracker.signals(self._lights()),
            actors,
            self._tracker.position,
            self._route.length,
        )

    def step(self, control: Control) -> Observation:
        """Drive for `dt`."""
        if self._tick == 10 and self._task.name == self._dies_on:
            self._die()
        if self._tick == 10 and self._task.name == self._breaks_on and self._is_first_time():
            raise SimulatorError("the simulator broke, as it was told to.")
        self._bicycle.step(control, self.dt)
        now = self._tick * self.dt
        for at, (box, extra) in enumerate(zip(self._others, self._cast, strict=True)):
            if now >= max(extra.starts, extra.appears):
                x, y, yaw = box.pose
                way = box.speed * self.dt
                pose = Pose(x + math.cos(yaw) * way, y + math.sin(yaw) * way, yaw)
                self._others[at] = replace(box, pose=pose)
        self._tick += 1
        self._tracker.update(self._bicycle.x, self._bicycle.y, self._bicycle.speed)
        return self.observe()

    def truth(self) -> Truth:
        """What else is known now."""
        y = self._bicycle.y
        return Truth(
            self.observe(),
            self._route,
            self._tracker.index,
            self._tracker.off_route,
            self._lights(),
            LaneFix(min(20.0, abs(y) - _HALF_WIDTH), 0.0, in_junction=False, lane="lane"),
            frozenset(self._tracker.completed),
        )

    def remove(self, actor: str) -> None:
        """Take somebody off the road."""
        self._gone.add(actor)

    def close(self) -> None:
        """Refuse further work."""
        self._closed = True

    def _die(self) -> None:
        if not self._is_first_time():
            return
        while self._after is not None and not self._after.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)

    def _is_first_time(self) -> bool:
        if self._once is not None:
            if self._once.exists():
                return False
            self._once.touch()
        return True

    def _lights(self) -> tuple[LightState, ...]:
        now = self._tick * self.dt
        green = {lamp.position: lamp.green for lamp in self._lamps}
        return tuple(
            "off" if line.kind == "stop" else "green" if now >= green[line.position] else "red"
            for line in self._route.stop_lines
        )
