"""Hazards: scripted dangers, which come whatever the rest of the traffic does.

Each can be avoided by a driver who reacts within 1 s and brakes at 8 m/s². A further kind is a
class with the methods of `Hazard`, made in `plan_hazards`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol

from langprop.driving.box import Box
from langprop.driving.maps.network import Network
from langprop.driving.route import Route
from langprop.driving.sumo.jaywalker import Jaywalker, Way
from langprop.driving.sumo.leader import BrakingLeader
from langprop.driving.task import Hazards

_FREE_START, _FREE_END = 25.0, 15.0  # metres of the route without jaywalkers
_BEFORE_LINE, _BEHIND_LINE = 26.0, 14.0  # around stop lines there are none, either [m]
_APART = 30.0  # between two jaywalkers [m]
_TRIES = 50
_FAR_SIDE = 0.25  # share of the jaywalkers that come from the left
_FIRST_BRAKE = 30.0  # metres of the route without braking leaders


class Surroundings(Protocol):
    """What a hazard sees, and whom it may stop."""

    @property
    def dt(self) -> float:
        """Seconds per step."""
        ...

    @property
    def tick(self) -> int:
        """Number of steps since the reset."""
        ...

    @property
    def position(self) -> float:
        """Metres of the route behind the ego."""
        ...

    @property
    def ego(self) -> Box:
        """The vehicle to drive."""
        ...

    @property
    def actors(self) -> Sequence[Box]:
        """Everyone else near, as of the last step; scripted ones included."""
        ...

    def halt(self, actor: str, by: str, braking: float) -> None:
        """Make a vehicle stop, and stand until all who halted it have released it.

        Args:
            actor: Its name.
            by: Who wants it.
            braking: How hard [m/s²].
        """

    def release(self, actor: str, by: str) -> None:
        """Let it drive again; nothing happens if it has gone, or wasn't halted."""


class Hazard(Protocol):
    """A danger that waits for the ego.

    Attributes:
        name: Unique in an episode; that of the actor which it moves, if it moves one.
    """

    name: str

    @property
    def box(self) -> Box | None:
        """The actor that it moves itself; None without one."""
        ...

    def update(self, around: Surroundings) -> None:
        """Go on for a step."""
        ...

    def remove(self) -> None:
        """Take its actor off the road, since it was hit."""
        ...


def plan_hazards(
    hazards: Hazards,
    network: Network,
    route: Route,
    in_junction: Callable[[float, float], bool],
    seed: int | str,
) -> list[Hazard]:
    """The dangers of a route; fewer than asked for, where there is no place for them.

    Args:
        hazards: How many.
        network: Where the sidewalks are.
        route: What the ego will drive.
        in_junction: Whether a point is inside a junction.
        seed: The same numbers and seed give the same dangers.
    """
    rng = random.Random(f"hazards {seed}")  # noqa: S311 - traffic, no secrets
    found: list[Hazard] = []
    walks = _sidewalks(network)
    taken: list[float] = []
    for number in range(round(hazards.jaywalkers * route.length / 100)):
        for _ in range(_TRIES):
            place = rng.uniform(0.0, route.length)
            from_left = rng.random() < _FAR_SIDE
            offset, pace = rng.uniform(-0.7, 0.7), rng.uniform(1.1, 2.0)
            if not _free(place, route, taken, in_junction):
                continue
            ends = _crossing(place, route, walks)
            if ends is None:
                continue
            taken.append(place)
            right, left = ends
            start, goal = (left, right) if from_left else (right, left)
            index = min(round(place), len(route.points) - 1)
            middle = float(route.points[index, 0]), float(route.points[index, 1])
            name = f"jaywalker{number}"
            way = Way(place, start, goal, middle)
            found.append(Jaywalker(name, way, offset=offset, pace=pace))
            break
    count = round(hazards.braking_leaders * route.length / 100)
    places = sorted(
        rng.uniform(_FIRST_BRAKE, max(_FIRST_BRAKE, route.length)) for _ in range(count)
    )
    found += [
        BrakingLeader(f"leader{number}", place, rng.uniform(1.5, 4.0))
        for number, place in enumerate(places)
    ]
    return found


Segment = tuple[float, float, float, float]


def _sidewalks(network: Network) -> list[Segment]:
    return [
        (*a, *b)
        for lane in network.lanes.values()
        if lane.kind == "sidewalk"
        for a, b in pairwise(lane.shape)
    ]


def _free(
    place: float,
    route: Route,
    taken: Sequence[float],
    in_junction: Callable[[float, float], bool],
) -> bool:
    """Whether somebody may cross there: on a road, away from lights, signs and junctions."""
    if not _FREE_START < place < route.length - _FREE_END:
        return False
    if any(-_BEHIND_LINE < line.position - place < _BEFORE_LINE for line in route.stop_lines):
        return False
    if any(abs(place - other) < _APART for other in taken):
        return False
    last = len(route.points) - 1
    around = (min(max(0, round(place) + by), last) for by in (-6, -3, 0, 3, 6))
    return not any(in_junction(*map(float, route.points[index])) for index in around)


def _crossing(
    place: float, route: Route, walks: Sequence[Segment]
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Points on the sidewalks to the right and to the left of the route; None without both."""
    index = min(round(place), len(route.points) - 1)
    x, y = map(float, route.points[index])
    u, v = map(float, route.directions[index])
    best: dict[bool, tuple[float, float, float]] = {}
    for ax, ay, bx, by in walks:
        if min(abs(ax - x), abs(bx - x)) > 60 or min(abs(ay - y), abs(by - y)) > 60:
            continue
        # Where the line across the route meets the segment.
        along_a = (ax - x) * u + (ay - y) * v
        along_b = (bx - x) * u + (by - y) * v
        if along_a * along_b > 0.0 or along_a == along_b:
            continue
        t = along_a / (along_a - along_b)
        px, py = ax + t * (bx - ax), ay + t * (by - ay)
        across = (py - y) * u - (px - x) * v  # positive to the right, since y points south
        side = across > 0.0
        if 2.0 < abs(across) < 20.0 and abs(across) < best.get(side, (math.inf,))[0]:
            best[side] = (abs(across), px, py)
    if len(best) < 2:
        return None
    return best[True][1:], best[False][1:]
