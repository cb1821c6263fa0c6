"""Routing: from the names of roads to a line to drive on."""

from __future__ import annotations

import difflib
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from langprop.driving.maps.network import Link, Network, Points
from langprop.driving.maps.polyline import Polyline, blend
from langprop.driving.route import Route, StopLine
from langprop.driving.task import RouteTask
from langprop.errors import TownError

_STEP = 1.0  # [m] between two points of a route
SHORTEST = 10.0
"""Least length of a route [m]; one is at its goal within 10 m."""

_NEAR_START = 3.0  # [m]: a vehicle at the start stands on a line that is nearer
_BEFORE = 8.0  # [m] from the beginning of a road to a lane change
_CHANGE = 28.0  # [m] that a change to the next lane takes
_AFTER = 5.0  # [m] from the end of a change to the stop line, where the road is long enough

_STOPS = ("s", "w")  # states of links with a stop sign: stop, all-way stop


@dataclass(frozen=True)
class _Leg:
    """How a road is driven: in on one lane, out on another."""

    enter: str
    leave: Link | str


def plan_route(network: Network, task: RouteTask) -> Route:
    """The way along a task's roads, with as few lane changes as possible.

    Stop lines within 3 m of the start are left out: the vehicle stands on them when it begins.

    Raises:
        TownError: A road doesn't exist, one doesn't lead to the next, or nothing remains between
            start and end.
    """
    _check(network, task)
    line, marks, lanes = _way(network, _legs(network, task.edges))
    length = line.length - task.start - task.end
    if length < SHORTEST:
        raise TownError(
            f"route {task.name!r} has {max(0.0, length):.0f} m between its start and its end "
            f"({line.length:.0f} m of road, without the first {task.start:g} m and the last "
            f"{task.end:g} m); it needs at least {SHORTEST:g} m."
        )
    stops = [
        _stop_line(network, link, place - task.start)
        for place, link in marks
        if link.light or link.state in _STOPS
    ]
    return route_on(line, task.start, length, lanes, stops)


def route_on(
    line: Polyline, start: float, length: float, lanes: Iterable[str], stops: Iterable[StopLine]
) -> Route:
    """A route on a line.

    Args:
        line: The way.
        start: Metres of the line before the route begins.
        length: Metres of the route.
        lanes: Names of the lanes on the way.
        stops: Stop lines in order; those before the start or beyond the end are left out.
    """
    positions = np.arange(0.0, length, _STEP)
    if length - positions[-1] > 1e-6:
        positions = np.append(positions, length)
    return Route(
        points=line.at(positions + start),
        directions=line.directions(positions + start),
        positions=positions,
        lanes=frozenset(lanes),
        stop_lines=tuple(stop for stop in stops if _NEAR_START < stop.position < length),
    )


def along(first: Points, second: Points, lanes: int) -> Points:
    """The line of a road on which one changes lanes.

    Args:
        first: The lane on which one comes.
        second: The lane on which one leaves.
        lanes: How many lanes they are apart.
    """
    length = Polyline(first).length
    start = min(_BEFORE, 0.2 * length)
    latest = max(0.8 * length, length - _AFTER)
    return blend(first, second, start, min(latest, start + _CHANGE * lanes))


def random_edges(
    network: Network,
    rng: random.Random,
    shortest: float,
    longest: float,
    *,
    controlled: int = 2,
    lights: int = 1,
) -> tuple[str, ...]:
    """Roads of a random route that takes none twice.

    Only `rng.random` is used, whose numbers no version of Python changes.

    Args:
        network: The town.
        rng: Where the choices come from.
        shortest: Least length of the route [m].
        longest: Greatest length [m].
        controlled: Least number of lights and stop signs on it.
        lights: Least number of lights on it.

    Raises:
        TownError: Not found; the town may be too small.
    """
    names = sorted(network.edges)
    for _ in range(_TRIES):
        edges = _walk(network, rng, names, shortest, longest)
        try:
            route = plan_route(network, RouteTask("random", "", edges))
        except TownError:  # too short
            continue
        count = [stop.kind for stop in route.stop_lines]
        fits = shortest <= route.length <= longest
        if fits and len(count) >= controlled and count.count("light") >= lights:
            return edges
    raise TownError(
        f"no route of {shortest:g} to {longest:g} m with {controlled} controlled junctions and "
        f"{lights} lights was found in {_TRIES:,} tries; the town is too small, or too empty."
    )


_TRIES = 2_000
_INSIDE = 20.0  # [m] that the way through a junction takes, about
_CUT = 24.0  # [m] that a task cuts off at its ends, unless it says otherwise
_ENOUGH = 0.35  # probability that a walk which is long enough ends at a junction


def _walk(
    network: Network, rng: random.Random, names: Sequence[str], shortest: float, longest: float
) -> tuple[str, ...]:
    edge = names[int(rng.random() * len(names))]
    taken, length = [edge], network.length(edge) - _CUT
    while length < longest:
        exits = [each for each in network.exits(edge) if each not in taken]
        if not exits:
            break
        edge = exits[int(rng.random() * len(exits))]
        taken.append(edge)
        length += _INSIDE + network.length(edge)
        if length > shortest and rng.random() < _ENOUGH:
            break
    return tuple(taken)


def _check(network: Network, task: RouteTask) -> None:
    if not task.edges:
        raise TownError(f"route {task.name!r} names no road; name edges of the town, in order.")
    for what, value in (("start", task.start), ("end", task.end)):
        if not (math.isfinite(value) and value >= 0):
            raise TownError(
                f"{what} of route {task.name!r} must be a length of at least 0 m, but got {value}."
            )
    for edge in task.edges:
        if edge not in network.edges:
            near = difflib.get_close_matches(edge, network.edges, n=3)
            what = "The nearest" if near else "Some that it has"
            hint = f" {what}: {', '.join(near or sorted(network.edges)[:3])}."
            raise TownError(
                f"route {task.name!r}: town {task.town!r} has no road {edge!r} for cars.{hint}"
            )
    for here, there in pairwise(task.edges):
        exits = network.exits(here)
        if there not in exits:
            ways = f"only to {', '.join(exits)}" if exits else "nowhere"
            raise TownError(
                f"route {task.name!r} has no path: road {here!r} doesn't lead to {there!r}; it "
                f"leads {ways}."
            )


def _legs(network: Network, edges: Sequence[str]) -> list[_Leg]:
    """The lanes with the least cost of changes (dynamic programming over the roads)."""
    costs = dict.fromkeys(network.edges[edges[0]].lanes, 0.0)
    choices: list[dict[str, _Leg]] = []  # for each way into a road, how one drives the one before
    for here, there in pairwise(edges):
        best: dict[str, float] = {}
        chosen: dict[str, _Leg] = {}
        for enter, cost in costs.items():
            for lane in network.edges[here].lanes:
                more = cost + _change_cost(network, enter, lane)
                for link in network.links.get(lane, ()):
                    target = link.target
                    if network.lanes[target].edge != there:
                        continue
                    if more < best.get(target, math.inf):
                        best[target], chosen[target] = more, _Leg(enter, link)
        costs = best
        choices.append(chosen)
    last = min(costs, key=lambda lane: costs[lane])
    legs = [_Leg(last, last)]
    for chosen in reversed(choices):
        legs.append(chosen[legs[-1].enter])
    return legs[::-1]


def _change_cost(network: Network, enter: str, leave: str) -> float:
    """1 for each lane; more on a short road, where one has to hurry."""
    a, b = network.lanes[enter], network.lanes[leave]
    return abs(a.index - b.index) * (1.0 + 20.0 / max(1.0, a.length))


def _way(
    network: Network, legs: Sequence[_Leg]
) -> tuple[Polyline, list[tuple[float, Link]], list[str]]:
    """The whole line, the metres before each junction on it, and the lanes that it takes."""
    points: list[tuple[float, float]] = []
    ends: list[tuple[int, Link]] = []
    lanes: list[str] = []
    for leg in legs:
        link = leg.leave
        if isinstance(link, str):
            points += network.lanes[leg.enter].shape
            lanes.append(leg.enter)
            continue
        points += _along(network, leg.enter, link.source)
        lanes += [leg.enter, link.source]
        ends.append((len(points), link))
        for inner in network.inside(link):
            points += network.lanes[inner].shape
            lanes.append(inner)
    line = Polyline(tuple(points))
    marks = [(Polyline(tuple(points[:count])).length, link) for count, link in ends]
    return line, marks, lanes


def _along(network: Network, enter: str, leave: str) -> Points:
    """The line of a road on which one changes lanes, or not."""
    a, b = network.lanes[enter], network.lanes[leave]
    if enter == leave:
        return a.shape
    return along(a.shape, b.shape, abs(a.index - b.index))


def _stop_line(network: Network, link: Link, position: float) -> StopLine:
    lane = network.lanes[link.source]
    line = Polyline(lane.shape)
    end = np.array([line.length])
    (x, y), (ux, uy) = line.at(end)[0], line.directions(end)[0]
    return StopLine(
        position=position,
        kind="light" if link.light else "stop",
        xy=(float(x), float(y)),
        heading=(float(ux), float(uy)),
        half_width=0.5 * lane.width,
        light=link.light,
        link=link.index,
    )
