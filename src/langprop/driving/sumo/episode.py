"""Episode: a route in SUMO, from the moment when the ego stands at its start."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from langprop.driving.box import Box, Kind, Pose
from langprop.driving.control import Control
from langprop.driving.maps.network import Network
from langprop.driving.maps.towns import Town
from langprop.driving.observation import LightState, Observation
from langprop.driving.route import Route
from langprop.driving.simulator import Truth
from langprop.driving.sumo.bicycle import Bicycle
from langprop.driving.sumo.halts import Halts
from langprop.driving.sumo.hazards import plan_hazards
from langprop.driving.sumo.upkeep import Upkeep
from langprop.driving.task import RouteTask
from langprop.driving.tracking import Tracker

EGO = "ego"

_EYE = "eye"  # a place that SUMO looks around from; it stays where the ego may get lost
_VIEW = 50.0  # how far actors are seen [m]
_ASKED = 55.0  # SUMO measures to bumpers, we to centres [m]
_CLEAR = 15.0  # around the start there is nobody [m]
_CLEAR_BEHIND = 35.0  # nor somebody on the way there, who couldn't stop [m]
_RUN_OUT = 600.0  # of SUMO's own route beyond the goal: at its end, SUMO takes vehicles away [m]
_KEEP_ROUTE = 2  # may leave the road; with 3 nobody sees it there, 6 crashes SUMO
_LAMPS: dict[str, LightState] = {
    "r": "red",
    "u": "red",  # red and yellow
    "s": "red",  # stop, then right on red
    "y": "yellow",
    "Y": "yellow",
    "g": "green",
    "G": "green",
}


class Episode:
    """A route in SUMO, from the moment when the ego stands at its start.

    Where the ego is doesn't depend on SUMO, which is told in each step; lights and stop lines come
    from our route, since SUMO silently replaces the ego's when it strays. SUMO's own list of
    collisions is a cross-check only: it misses those across lanes and on crossings.

    Args:
        sumo: The library, with traffic that flows.
        place: The town.
        task: What the episode is about.
        route: Its route.
        seed: Of the hazards.
        dt: Seconds per step.

    Attributes:
        dt: Seconds per step.
        tick: Number of steps since the reset.
        observation: What is to be seen now.

    Raises:
        TraCIException: SUMO failed.
    """

    def __init__(
        self, sumo: Any, place: Town, task: RouteTask, route: Route, *, seed: str, dt: float
    ) -> None:
        self._sumo, self._lanes, self._route, self.dt = sumo, place.lanes, route, dt
        self._bicycle = self._enter(place.network, task)
        self._hazards = plan_hazards(
            task.hazards,
            place.network,
            route,
            lambda x, y: self._lanes.fix(x, y).in_junction,
            seed,
        )
        self._upkeep, self._halts = Upkeep(sumo, dt), Halts(sumo, dt)
        self._tracker = Tracker(route)
        self._lines = [
            (line.light, line.link) if line.kind == "light" else ("", 0)
            for line in route.stop_lines
        ]
        self._truth: Truth | None = None
        self._lights: tuple[LightState, ...] = ()
        self._numbers: dict[str, int] = {}
        self._sizes: dict[str, tuple[float, float]] = {}
        self.tick = 0
        self.observation = self._look()

    @property
    def position(self) -> float:
        """Metres of the route behind the ego."""
        return self._tracker.position

    @property
    def ego(self) -> Box:
        """The vehicle."""
        return self.observation.ego

    @property
    def actors(self) -> Sequence[Box]:
        """Everyone within 50 m, in the order of their numbers."""
        return self.observation.actors

    def halt(self, actor: str, by: str, braking: float) -> None:
        """Make a vehicle stop, and stand until all who halted it have released it."""
        self._halts.halt(actor, by, braking, self.tick)

    def release(self, actor: str, by: str) -> None:
        """Let it drive again."""
        self._halts.release(actor, by)

    def step(self, control: Control) -> None:
        """Drive for `dt`.

        Raises:
            ValueError: A number of the control isn't finite.
            TraCIException: SUMO failed.
        """
        self._bicycle.step(control, self.dt)
        for hazard in self._hazards:
            hazard.update(self)
        self._halts.update(self.tick)
        self._upkeep.update(self.observation)
        if self._lost:
            self._add()
        self._move(self._bicycle)
        self._sumo.simulationStep()
        self.tick += 1
        self.observation = self._look()

    def truth(self) -> Truth:
        """What else is known now."""
        if self._truth is None:
            tracker = self._tracker
            x, y, yaw = self.observation.ego.pose
            self._truth = Truth(
                self.observation,
                self._route,
                tracker.index,
                tracker.off_route,
                self._lights,
                self._lanes.fix(x, y, yaw),
                frozenset(tracker.completed),
                frozenset(self._collisions()),
            )
        return self._truth

    def remove(self, actor: str) -> None:
        """Take an actor off the road, as of the next step."""
        for hazard in self._hazards:
            if hazard.name == actor:
                hazard.remove()
                return
        if actor == EGO or actor not in self._numbers:
            return
        with contextlib.suppress(self._sumo.TraCIException):
            if actor.startswith("pedestrian"):
                self._sumo.person.removeStages(actor)
            else:
                self._sumo.vehicle.remove(actor)

    def _enter(self, network: Network, task: RouteTask) -> Bicycle:
        """Put the ego at the start, and clear the place."""
        (x, y), (u, v) = self._route.points[0].tolist(), self._route.directions[0].tolist()
        bicycle = Bicycle(Pose(x, y, math.atan2(v, u)))
        vehicle, names = self._sumo.vehicle, self._sumo.constants
        for name in vehicle.getIDList():
            east, north = vehicle.getPosition(name)
            dx, dy = east - x, -north - y
            away = math.hypot(dx, dy)
            if away < _CLEAR or (away < _CLEAR_BEHIND and dx * u + dy * v < 0.0):
                vehicle.remove(name)
        self._sumo.poi.add(_EYE, x, -y, (0, 0, 0, 0))
        self._edges, self._entries = _run_out(network, task.edges), 0
        for _ in range(2):  # the first one inserts it, the second one knows its place
            if self._entries == 0:
                self._add()
            self._move(bicycle)
            self._sumo.simulationStep()
        self._place, self._angle, self._speed = names.VAR_POSITION, names.VAR_ANGLE, names.VAR_SPEED
        wanted = [self._place, self._angle, self._speed]
        for domain in (names.CMD_GET_VEHICLE_VARIABLE, names.CMD_GET_PERSON_VARIABLE):
            self._sumo.poi.subscribeContext(_EYE, domain, _ASKED, wanted)
        return bicycle

    def _add(self) -> None:
        """Make SUMO know the ego."""
        vehicle = self._sumo.vehicle
        self._entries += 1
        route = f"{EGO}{self._entries}"
        self._sumo.route.add(route, self._edges)
        vehicle.add(EGO, route, typeID=EGO, depart="now", departSpeed="0")
        vehicle.setSpeedMode(EGO, 0)
        vehicle.setLaneChangeMode(EGO, 0)

    def _move(self, bicycle: Bicycle) -> None:
        """Tell SUMO where the ego is."""
        self._sumo.poi.setPosition(_EYE, bicycle.x, -bicycle.y)
        x, y = bicycle.front
        angle = (90.0 + math.degrees(bicycle.yaw)) % 360.0
        self._sumo.vehicle.moveToXY(EGO, "", -1, x, -y, angle, _KEEP_ROUTE)

    def _look(self) -> Observation:
        """What there is to see after a step."""
        bicycle, tracker = self._bicycle, self._tracker
        seen = self._sumo.poi.getContextSubscriptionResults(_EYE)
        # When the ego strays, SUMO replaces its route, and takes it away at the end of that.
        self._lost = EGO not in seen and EGO not in self._sumo.vehicle.getIDList()
        boxes = self._boxes(seen)
        tracker.update(bicycle.x, bicycle.y, bicycle.speed)
        self._lights = self._lamps()
        self._truth = None
        return Observation(
            self.tick,
            self.tick * self.dt,
            bicycle.box,
            tracker.target,
            tracker.signals(self._lights),
            boxes,
            tracker.position,
            self._route.length,
        )

    def _boxes(self, seen: Any) -> tuple[Box, ...]:
        """Everyone in view."""
        ex, ey = self._bicycle.x, self._bicycle.y
        found: list[Box] = []
        for name, values in seen.items():
            if name == EGO:
                continue
            half_length, half_width = self._sizes.get(name) or self._size(name)
            angle = math.radians(values[self._angle])
            x, north = values[self._place]
            y = -north
            kind: Kind = "pedestrian"
            if not name.startswith("pedestrian"):
                kind = "bicycle" if name.startswith("bicycle") else "vehicle"
                # SUMO's position is the front bumper.
                x -= math.sin(angle) * half_length
                y += math.cos(angle) * half_length
            if (x - ex) ** 2 + (y - ey) ** 2 <= _VIEW * _VIEW:
                pose = Pose(x, y, angle - 0.5 * math.pi)
                speed = max(0.0, values[self._speed])
                number = self._number(name)
                found.append(Box(pose, half_length, half_width, speed, kind, name, number))
        for hazard in self._hazards:
            box = hazard.box
            if box is not None and math.hypot(box.pose.x - ex, box.pose.y - ey) <= _VIEW:
                found.append(replace(box, number=self._number(box.id)))
        found.sort(key=_by_number)
        return tuple(found)

    def _number(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers) + 1)

    def _size(self, name: str) -> tuple[float, float]:
        """Half of its length and width [m]; they don't change."""
        domain = self._sumo.person if name.startswith("pedestrian") else self._sumo.vehicle
        size = 0.5 * domain.getLength(name), 0.5 * domain.getWidth(name)
        self._sizes[name] = size
        return size

    def _lamps(self) -> tuple[LightState, ...]:
        """State of each stop line."""
        state = self._sumo.trafficlight.getRedYellowGreenState
        known: dict[str, str] = {}
        found: list[LightState] = []
        for light, link in self._lines:
            if not light:
                found.append("off")
                continue
            if light not in known:
                known[light] = state(light)
            found.append(_LAMPS.get(known[light][link], "off"))
        return tuple(found)

    def _collisions(self) -> Iterator[str]:
        """Who, as SUMO says, has run into the ego or was run into."""
        for collision in self._sumo.simulation.getCollisions():
            if collision.collider == EGO:
                yield collision.victim
            elif collision.victim == EGO:
                yield collision.collider


def _by_number(box: Box) -> int:
    return box.number


def _run_out(network: Network, edges: Sequence[str]) -> list[str]:
    """The edges, and others that follow, so that SUMO's route ends well beyond the goal."""
    found, rest = list(edges), _RUN_OUT
    while rest > 0.0:
        exits = network.exits(found[-1])
        if not exits:
            break
        fresh = [each for each in exits if each not in found] or exits
        found.append(fresh[0])
        rest -= network.length(fresh[0])
    return found
