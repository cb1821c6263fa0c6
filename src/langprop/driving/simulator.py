"""Simulator: what a backend gives; everything else is built on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from langprop.driving.box import Box
from langprop.driving.control import Control
from langprop.driving.observation import LightState, Observation
from langprop.driving.route import Array, Route
from langprop.driving.task import RouteTask


@dataclass(frozen=True)
class LaneFix:
    """Where a point is with respect to the lanes for vehicles around it.

    Attributes:
        beyond: Metres beyond the edge of the nearest lane; negative or 0 inside one, or inside a
            junction. 20 where there is none near.
        heading: Direction of traffic in the nearest lane [rad]; None where there is none near.
        in_junction: Whether the point is inside a junction.
        lane: Name of the nearest lane; "" where there is none near.
    """

    beyond: float
    heading: float | None
    in_junction: bool
    lane: str = ""


@dataclass(frozen=True)
class Truth:
    """What criteria, the expert and pictures need, beyond what an agent may see.

    Attributes:
        observation: What the agent may see.
        route: The way to drive.
        index: Index of the last point of the route that was passed.
        off_route: Distance from the route near there [m].
        lights: State of each of the route's stop lines, in their order ("off" for signs).
        fix: Where the vehicle is on the lanes.
        completed_stops: Indices of the stop lines at which the vehicle has stopped.
        hits: Names of actors that the simulator itself reports in collision with the vehicle; empty
            where it has no such sensor.
    """

    observation: Observation
    route: Route
    index: int
    off_route: float
    lights: tuple[LightState, ...]
    fix: LaneFix
    completed_stops: frozenset[int] = frozenset()
    hits: frozenset[str] = frozenset()

    @property
    def ego(self) -> Box:
        """The vehicle."""
        return self.observation.ego


@runtime_checkable
class Simulator(Protocol):
    """One town, one vehicle to drive, and everyone else; one route after the other.

    Attributes:
        dt: Seconds per step.
    """

    dt: float

    def reset(self, task: RouteTask, seed: int) -> Observation:
        """Begin a route: the same task and seed give the same episode.

        Raises:
            SimulatorError: The town or the route doesn't exist, or the simulator can't start.
        """
        ...

    def observe(self) -> Observation:
        """What is to be seen now; a pure look."""
        ...

    def step(self, control: Control) -> Observation:
        """Drive for `dt`.

        Raises:
            SimulatorError: The simulator died.
        """
        ...

    def truth(self) -> Truth:
        """What else is known now; a pure look."""
        ...

    def remove(self, actor: str) -> None:
        """Take an actor that was hit off the road; nothing happens if it's gone already."""
        ...

    def close(self) -> None:
        """End the simulation, and free what it holds."""
        ...


__all__ = ["Array", "LaneFix", "Simulator", "Truth"]
