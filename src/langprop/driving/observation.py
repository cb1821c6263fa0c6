"""Observation: what an agent may see at one tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from langprop.driving.box import Box

LightState = Literal["green", "yellow", "red", "off"]


@dataclass(frozen=True)
class Signals:
    """What the road tells the vehicle to do.

    Attributes:
        red_light: From the vehicle's centre to the trigger of the next light that isn't green,
            along the route [m]; None if there is none within 50 m.
        stop_sign: The same for the next stop sign.
        light_id: Index of that light's line in `Route.stop_lines`; None without one.
        stop_id: Index of that sign's line; None without one.
        light_state: State of the next light within 50 m, whatever it is; "off" without one.
        stop_completed: Whether the vehicle has already stopped for that sign.
    """

    red_light: float | None = None
    stop_sign: float | None = None
    light_id: int | None = None
    stop_id: int | None = None
    light_state: LightState = "off"
    stop_completed: bool = False


@dataclass(frozen=True)
class Observation:
    """What an agent may see; `scene.py` makes the paper's dictionary of it.

    Attributes:
        tick: Number of steps since the reset.
        time: Since the reset [s].
        ego: The vehicle.
        target: The point of the route to steer for: the first more than 4 m away (x, y) [m].
        signals: Lights and signs ahead.
        actors: Everyone within 50 m, in the order of their numbers.
        route_position: Metres of the route behind the vehicle.
        route_length: Metres of the whole route.
    """

    tick: int
    time: float
    ego: Box
    target: tuple[float, float]
    signals: Signals
    actors: tuple[Box, ...]
    route_position: float
    route_length: float
