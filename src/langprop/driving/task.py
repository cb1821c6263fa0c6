"""RouteTask: a route in a town, with the traffic and the hazards on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Traffic:
    """Who else is on the road.

    Attributes:
        cars: Number of cars and vans.
        bicycles: Number of bicycles.
        pedestrians: Number of pedestrians.
        aggressive: Share of the cars that cut corners, tailgate and jump lights.
        ignoring: Share of the pedestrians that walk before an approaching vehicle.
    """

    cars: int = 45
    bicycles: int = 6
    pedestrians: int = 45
    aggressive: float = 0.15
    ignoring: float = 0.4


@dataclass(frozen=True)
class Hazards:
    """Scripted dangers, each of which a driver who reacts within 1 s can avoid.

    Attributes:
        jaywalkers: Pedestrians who cross between crossings, per 100 m of the route.
        braking_leaders: Vehicles ahead that brake hard, per 100 m.
    """

    jaywalkers: float = 0.6
    braking_leaders: float = 0.5


@dataclass(frozen=True)
class RouteTask:
    """What one episode is about.

    Attributes:
        name: Unique in its suite, such as "testing/town201/3".
        town: Name of a town, such as "town201".
        edges: Names of the roads to take, in order (SUMO's edges).
        traffic: Who else is on the road.
        hazards: Scripted dangers.
        start: Metres of the first road before the route begins.
        end: Metres of the last road after the route ends.
        traffic_seed: Added to the seed of a reset, so that suites have other traffic.
    """

    name: str
    town: str
    edges: tuple[str, ...]
    traffic: Traffic = field(default_factory=Traffic)
    hazards: Hazards = field(default_factory=Hazards)
    start: float = 12.0
    end: float = 12.0
    traffic_seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {**asdict(self), "edges": list(self.edges)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RouteTask:
        """The inverse of `to_dict`."""
        given = dict(data)
        given["edges"] = tuple(given["edges"])
        given["traffic"] = Traffic(**given.get("traffic", {}))
        given["hazards"] = Hazards(**given.get("hazards", {}))
        return cls(**given)
