"""Cast: everyone whom we have spawned on a server, so that nobody is left behind."""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Sequence
from typing import Any

from langprop.driving.box import Pose
from langprop.driving.carla.convert import transform_of
from langprop.driving.task import Traffic

_EGO = ("vehicle.lincoln.mkz_2017", "vehicle.lincoln.mkz_2020", "vehicle.lincoln.mkz")
_DROP = 0.5  # [m] above the road, where vehicles are spawned
_CLEAR = 15.0  # [m] around the start there is nobody
_APART = 12.0  # [m] between two places of our own for vehicles
_WALK = (0.9, 1.6)  # [m/s]
_TRIES = 5  # per pedestrian, to find a place


class Cast:
    """Everyone whom we have spawned.

    Args:
        carla: CARLA's client library.
        world: Of the server.
        manager: The server's traffic manager.
        rng: Chooses places and kinds.

    Attributes:
        ego: The vehicle; None before it's spawned.
        missing: How many vehicles and pedestrians there was no room for.
    """

    def __init__(self, carla: Any, world: Any, manager: Any, rng: random.Random) -> None:
        self._carla, self._world, self._manager, self._rng = carla, world, manager, rng
        self._actors: list[Any] = []  # in the order in which they came
        self._minds: list[Any] = []  # sensors, and what moves pedestrians: must be stopped
        self.ego: Any = None
        self.missing = 0

    def enter(self, pose: Pose, z: float) -> Any:
        """Spawn the ego.

        Raises:
            RuntimeError: There is no room for it, or no such vehicle.
        """
        library = self._world.get_blueprint_library()
        names = {blueprint.id: blueprint for blueprint in library.filter("vehicle.*")}
        chosen = [names[name] for name in _EGO if name in names] or [
            names[name] for name in sorted(names) if "lincoln" in name or "tesla" in name
        ]
        if not chosen:
            raise RuntimeError("the server has no vehicle of Lincoln or Tesla")
        chosen[0].set_attribute("role_name", "hero")
        self.ego = self._keep(
            self._world.spawn_actor(chosen[0], transform_of(self._carla, pose, z + _DROP))
        )
        return self.ego

    def listen(self, heard: Any) -> None:
        """Call a function with each collision of the ego."""
        blueprint = self._world.get_blueprint_library().find("sensor.other.collision")
        sensor = self._world.spawn_actor(blueprint, self._carla.Transform(), attach_to=self.ego)
        self._minds.append(self._keep(sensor))
        sensor.listen(heard)

    def fill(self, traffic: Traffic, start: Pose, places: Sequence[Any]) -> None:
        """Spawn the traffic.

        Args:
            traffic: How much of it.
            start: Where the ego is; nobody is spawned near.
            places: Where vehicles can be.
        """
        free = [place for place in places if _away(place.location, start) > _CLEAR]
        order = [self._rng.random() for _ in free]
        free = [place for _, place in sorted(zip(order, free, strict=True), key=_first)]
        four, two = self._vehicles()
        wanted = [four] * traffic.cars + [two] * traffic.bicycles
        for blueprints in wanted:
            if not self._vehicle(blueprints, free, traffic.aggressive):
                self.missing += 1
        self._world.set_pedestrians_cross_factor(traffic.ignoring)
        for _ in range(traffic.pedestrians):
            if not self._pedestrian(start):
                self.missing += 1

    def begin(self) -> None:
        """Let the pedestrians walk; the world must have ticked since they were spawned."""
        for controller in self._minds:
            controller.start()
            goal = self._world.get_random_location_from_navigation()
            if goal is not None:
                controller.go_to_location(goal)
            controller.set_max_speed(_WALK[0] + (_WALK[1] - _WALK[0]) * self._rng.random())

    def remove(self, name: str) -> None:
        """Take somebody off the road, but not the ego."""
        for actor in self._actors:
            if str(actor.id) == name and actor is not self.ego:
                self._actors.remove(actor)
                with contextlib.suppress(RuntimeError):  # gone already
                    actor.destroy()
                return

    def leave(self) -> int:
        """Take everyone off, whatever happens.

        Returns:
            How many are still there, since the server didn't do it; call it again for them.
        """
        waiting = self._actors[::-1]  # the last ones to come are attached to others
        for number, actor in enumerate(waiting):
            try:
                if actor in self._minds:
                    actor.stop()
                actor.destroy()  # False if it's gone already
            except RuntimeError as error:
                if "time-out" in str(error):  # one would wait for each of them
                    return len(waiting) - number
            else:
                self._actors.remove(actor)
                self._minds = [each for each in self._minds if each is not actor]
        return len(self._actors)

    def _keep(self, actor: Any) -> Any:
        self._actors.append(actor)
        return actor

    def _vehicles(self) -> tuple[list[Any], list[Any]]:
        """Blueprints with four and with two wheels, in a fixed order."""
        library = self._world.get_blueprint_library()
        every = sorted(library.filter("vehicle.*"), key=_id)
        four = [each for each in every if _attribute(each, "number_of_wheels", "4") == "4"]
        two = [each for each in every if _attribute(each, "base_type", "") == "bicycle"]
        return four, two or [each for each in every if each not in four]

    def _vehicle(self, blueprints: Sequence[Any], free: list[Any], aggressive: float) -> bool:
        if not blueprints:
            return False
        blueprint = blueprints[int(self._rng.random() * len(blueprints))]
        blueprint.set_attribute("role_name", "autopilot")
        wild = self._rng.random() < aggressive
        while free:
            actor = self._world.try_spawn_actor(blueprint, free.pop())
            if actor is None:  # somebody stands there
                continue
            self._keep(actor)
            actor.set_autopilot(True, self._manager.get_port())
            if wild:
                self._manager.ignore_lights_percentage(actor, 5)
                self._manager.vehicle_percentage_speed_difference(actor, -20)
                self._manager.distance_to_leading_vehicle(actor, 1.0)
            return True
        return False

    def _pedestrian(self, start: Pose) -> bool:
        library = self._world.get_blueprint_library()
        blueprints = sorted(library.filter("walker.pedestrian.*"), key=_id)
        if not blueprints:
            return False
        for _ in range(_TRIES):
            place = self._world.get_random_location_from_navigation()
            if place is None:  # the town has no sidewalks
                return False
            if _away(place, start) < _CLEAR:
                continue
            blueprint = blueprints[int(self._rng.random() * len(blueprints))]
            walker = self._world.try_spawn_actor(blueprint, self._carla.Transform(place))
            if walker is None:
                continue
            self._keep(walker)
            mind = self._world.try_spawn_actor(
                library.find("controller.ai.walker"), self._carla.Transform(), attach_to=walker
            )
            if mind is not None:
                self._minds.append(self._keep(mind))
            return True
        return False


def places_for_vehicles(carla: Any, town: Any) -> list[Any]:
    """Where vehicles can be spawned: as the town says, else in the middle of lanes."""
    given = list(town.get_spawn_points())
    if given:
        return given
    found = []
    for waypoint in town.generate_waypoints(_APART):
        if not waypoint.is_junction:
            place = waypoint.transform.location
            high = carla.Location(x=place.x, y=place.y, z=place.z + _DROP)
            found.append(carla.Transform(high, waypoint.transform.rotation))
    return found


def _away(place: Any, pose: Pose) -> float:
    return math.hypot(place.x - pose.x, place.y - pose.y)


def _attribute(blueprint: Any, name: str, otherwise: str) -> str:
    if not blueprint.has_attribute(name):
        return otherwise
    return str(blueprint.get_attribute(name).as_str())


def _id(blueprint: Any) -> str:
    return str(blueprint.id)


def _first(pair: tuple[float, Any]) -> float:
    return pair[0]
