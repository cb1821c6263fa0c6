"""Planning: a route on one of CARLA's own towns, through places."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from langprop.driving.carla.lanes import name_of
from langprop.driving.maps.network import Points
from langprop.driving.maps.opendrive import LIGHT, STOP
from langprop.driving.maps.polyline import Polyline
from langprop.driving.maps.routing import SHORTEST, along, route_on
from langprop.driving.route import Route, StopLine
from langprop.driving.task import RouteTask
from langprop.errors import TownError

_FAR = 20.0  # [m] from a road, beyond which a place isn't meant to be on it
_CHANGE = 15.0  # [m] of way that a lane change is worth avoiding
_ROOM = 25.0  # [m] that a lane must have for a change
_GAP = 3.0  # [m] from the last waypoint of a lane to the first one of the next
_LOOK = 12.0  # [m] before and behind a stop line, where its signal may stand


@dataclass(frozen=True, eq=False)
class _Lane:
    """A lane from one end of its section to the other.

    Attributes:
        name: Road, section and number in OpenDRIVE.
        entry: Its first waypoint.
        exit: A waypoint less than a metre before its end.
        shape: Its middle, to where the next lane begins [m].
        length: [m].
    """

    name: str
    entry: Any
    exit: Any
    shape: Points
    length: float


class Planner:
    """Finds ways on a map of CARLA.

    Args:
        carla: Its client.
        town: A `carla.Map`; needs no server.
    """

    def __init__(self, carla: Any, town: Any) -> None:
        self._carla, self._town = carla, town
        self._lanes: dict[str, _Lane] = {}
        self._entries: dict[str, Any] = {}
        self._after: dict[str, list[Any]] = {}
        for entry, following in town.get_topology():
            self._entries[name_of(entry)] = entry
            self._after.setdefault(name_of(entry), []).append(following)

    def plan(self, task: RouteTask) -> Route:
        """The shortest way through a task's places.

        Args:
            task: Its `edges` are places "x,y" or "x,y,z" [m], the start and the goal among them;
                `start` and `end` aren't used.

        Raises:
            TownError: A place isn't on a road, or there is no way.
        """
        places = [self._waypoint(task, text) for text in task.edges]
        if len(places) < 2:
            raise TownError(
                f"route {task.name!r} needs a start and a goal: in CARLA's own towns, edges are "
                'places such as "335.5,273.7".'
            )
        lanes: list[_Lane] = [self._lane(places[0])]
        for here, there in pairwise(places):
            lanes += self._search(task, here, there)[1:]
        line, marks = self._line(lanes)
        start = self._project(line, lanes[0], places[0], first=True)
        end = self._project(line, lanes[-1], places[-1], first=False)
        if end - start < SHORTEST:
            raise TownError(
                f"route {task.name!r} is {max(0.0, end - start):.0f} m long; it needs at least "
                f"{SHORTEST:g} m."
            )
        stops = [stop for at, lane in marks for stop in self._stop(lane, at - start)]
        return route_on(line, start, end - start, [lane.name for lane in lanes], stops)

    def _waypoint(self, task: RouteTask, text: str) -> Any:
        try:
            numbers = [float(part) for part in text.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) not in (2, 3) or not all(map(math.isfinite, numbers)):
            raise TownError(
                f"route {task.name!r}: {text!r} is no place in CARLA's town {task.town!r}; write "
                'it as "x,y", in metres.'
            )
        x, y, z = (*numbers, 0.0)[:3]
        driving = self._carla.LaneType.Driving
        found = self._town.get_waypoint(self._carla.Location(x=x, y=y, z=z), lane_type=driving)
        if found is None or _away(found, x, y) > _FAR:
            raise TownError(
                f"route {task.name!r}: there is no road within {_FAR:g} m of ({x:g}, {y:g}) in "
                f"CARLA's town {task.town!r}."
            )
        return found

    def _lane(self, waypoint: Any) -> _Lane:
        """The lane that a waypoint lies on."""
        name = name_of(waypoint)
        if name not in self._lanes:
            entry = self._entries.get(name, waypoint)
            # The last waypoint of `next_until_lane_end` is sometimes far back on the same road.
            middle, sign = [entry], _sign(entry)
            for each in entry.next_until_lane_end(1.0):
                if (each.s - middle[-1].s) * sign > 0 and name_of(each) == name:
                    middle.append(each)
            after = [each for each in self._after.get(name, ()) if _meets(middle[-1], each)][:1]
            shape = tuple(
                (each.transform.location.x, each.transform.location.y) for each in (*middle, *after)
            )
            if len(shape) == 1:  # a dead end of less than a metre
                shape *= 2
            steps = (math.dist(a, b) for a, b in pairwise(shape))
            self._lanes[name] = _Lane(name, entry, middle[-1], shape, sum(steps))
        return self._lanes[name]

    def _search(self, task: RouteTask, here: Any, there: Any) -> list[_Lane]:
        """The cheapest way from a lane to another (Dijkstra)."""
        start, goal = self._lane(here), self._lane(there)
        behind = start is goal and here.s * _sign(here) > there.s * _sign(there)
        costs: dict[str, float] = {start.name: 0.0}
        came: dict[str, str] = {}
        waiting = [(0.0, start.name)]
        done: set[str] = set()
        while waiting:
            cost, name = heapq.heappop(waiting)
            if name in done:
                continue
            if name == goal.name and not (behind and not came):
                return self._back(came, name, start.name, loop=behind)
            done.add(name)
            for lane, more in self._ways(self._lanes[name]):
                if behind and lane is goal:
                    came[f"{goal.name} again"] = name
                    return self._back(came, f"{goal.name} again", start.name, loop=True)
                total = cost + more
                if total < costs.get(lane.name, math.inf):
                    costs[lane.name], came[lane.name] = total, name
                    heapq.heappush(waiting, (total, lane.name))
        raise TownError(
            f"route {task.name!r} has no path: no way leads from "
            f"{_place(here)} to {_place(there)} in CARLA's town {task.town!r}."
        )

    def _back(self, came: dict[str, str], name: str, start: str, *, loop: bool) -> list[_Lane]:
        found = [name]
        while found[-1] != start or (loop and len(found) == 1):
            found.append(came[found[-1]])
        return [self._lanes[each.removesuffix(" again")] for each in reversed(found)]

    def _ways(self, lane: _Lane) -> Iterator[tuple[_Lane, float]]:
        """Where one can go from a lane, and what it costs."""
        for after in self._after.get(lane.name, ()):
            if after.lane_type == self._carla.LaneType.Driving:
                yield self._lane(after), lane.length
        if lane.length < _ROOM or lane.entry.is_junction:
            return
        for beside in (lane.entry.get_left_lane(), lane.entry.get_right_lane()):
            if (
                beside is not None
                and beside.lane_type == self._carla.LaneType.Driving
                and beside.lane_id * lane.entry.lane_id > 0  # the same direction
            ):
                yield self._lane(beside), _CHANGE

    def _line(self, lanes: Sequence[_Lane]) -> tuple[Polyline, list[tuple[float, _Lane]]]:
        """The way, and where it enters junctions."""
        points: list[tuple[float, float]] = []
        entered: list[tuple[int, _Lane]] = []
        at = 0
        while at < len(lanes):
            last = at  # of those beside each other, through which one changes
            while last + 1 < len(lanes) and _beside(lanes[last], lanes[last + 1]):
                last += 1
            if last > at:
                points += along(lanes[at].shape, lanes[last].shape, last - at)
            else:
                points += lanes[at].shape
            after = lanes[last + 1] if last + 1 < len(lanes) else None
            if after and after.entry.is_junction and not lanes[last].entry.is_junction:
                entered.append((len(points), lanes[last]))
            at = last + 1
        marks = [
            (Polyline(tuple(points[:count])).length if count > 1 else 0.0, lane)
            for count, lane in entered
        ]
        return Polyline(tuple(points)), marks

    def _project(self, line: Polyline, lane: _Lane, waypoint: Any, *, first: bool) -> float:
        """Metres of the way before a place on its first or last lane."""
        length = min(line.length, 1.5 * lane.length + 5.0)
        low = 0.0 if first else line.length - length
        positions = np.linspace(low, low + length, max(2, int(length * 4)))
        place = waypoint.transform.location
        away = np.hypot(*(line.at(positions) - (place.x, place.y)).T)
        return float(positions[int(away.argmin())])

    def _stop(self, lane: _Lane, position: float) -> Iterator[StopLine]:
        """The signal where a lane enters a junction, if there is one."""
        back = lane.exit.previous(min(_LOOK, max(1.0, lane.length - 1.0)))
        signals = back[0].get_landmarks(2 * _LOOK, False) if back else []
        mine = [each for each in signals if _is_for(each, lane)]
        for type_, kind in ((LIGHT, "light"), (STOP, "stop")):
            chosen = min((each.id for each in mine if each.type == type_), key=str, default=None)
            if chosen is None:
                continue
            pose, place = lane.exit.transform, lane.exit.transform.location
            yaw = math.radians(pose.rotation.yaw)
            yield StopLine(
                position=position,
                kind="light" if kind == "light" else "stop",
                xy=(place.x, place.y),
                heading=(math.cos(yaw), math.sin(yaw)),
                half_width=0.5 * float(lane.exit.lane_width),
                light=chosen if kind == "light" else "",
            )
            return


def _is_for(landmark: Any, lane: _Lane) -> bool:
    """Whether a signal is for a lane; one that stands behind the junction names no lane of ours."""
    if landmark.road_id != lane.exit.road_id:
        return True
    return any(low <= lane.exit.lane_id <= high for low, high in landmark.get_lane_validities())


def _meets(end: Any, start: Any) -> bool:
    """Whether a lane begins where another one ends."""
    place = start.transform.location
    return _away(end, place.x, place.y) < _GAP


def _beside(one: _Lane, other: _Lane) -> bool:
    a, b = one.entry, other.entry
    return (a.road_id, a.section_id) == (b.road_id, b.section_id) and a.lane_id != b.lane_id


def _sign(waypoint: Any) -> int:
    """1 where positions along the road grow in the direction of traffic, else -1."""
    return 1 if waypoint.lane_id < 0 else -1


def _away(waypoint: Any, x: float, y: float) -> float:
    place = waypoint.transform.location
    return math.hypot(place.x - x, place.y - y)


def _place(waypoint: Any) -> str:
    place = waypoint.transform.location
    return f"({place.x:.0f}, {place.y:.0f})"
