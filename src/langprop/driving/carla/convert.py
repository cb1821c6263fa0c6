"""Convert: between CARLA's objects and ours. The frames are the same; its angles are degrees."""

from __future__ import annotations

import math
from typing import Any

from langprop.driving.box import Box, Kind, Pose, wrap
from langprop.driving.control import Control
from langprop.driving.observation import LightState

_LEAST = 0.25  # [m] half size of actors; CARLA says 0 of some bicycles and pedestrians

_TWO_WHEELS = ("bicycle", "motorcycle")


def pose_of(transform: Any) -> Pose:
    """Seen from above."""
    place = transform.location
    return Pose(place.x, place.y, wrap(math.radians(transform.rotation.yaw)))


def transform_of(carla: Any, pose: Pose, z: float = 0.0) -> Any:
    """The inverse of `pose_of`, at a height [m]."""
    return carla.Transform(
        carla.Location(x=pose.x, y=pose.y, z=z), carla.Rotation(yaw=math.degrees(pose.yaw))
    )


def control_of(carla: Any, control: Control) -> Any:
    """What drives CARLA's vehicle; values beyond the range are cut.

    Raises:
        ValueError: One isn't finite.
    """
    if not all(math.isfinite(value) for value in control):
        raise ValueError(f"steer, throttle and brake must be finite, but got {control}.")
    return carla.VehicleControl(
        steer=min(1.0, max(-1.0, control.steer)),
        throttle=min(1.0, max(0.0, control.throttle)),
        brake=min(1.0, max(0.0, control.brake)),
    )


def box_of(actor: Any) -> Box:
    """A vehicle or a pedestrian. CARLA's extents are halves, as ours.

    The middle of the box may lie off the actor's own place; its name and number are CARLA's id.
    """
    transform, bounds = actor.get_transform(), actor.bounding_box
    x, y, yaw = pose_of(transform)
    c, s = math.cos(yaw), math.sin(yaw)
    dx, dy = bounds.location.x, bounds.location.y
    velocity = actor.get_velocity()
    return Box(
        pose=Pose(x + c * dx - s * dy, y + s * dx + c * dy, yaw),
        half_length=_size(bounds.extent.x),
        half_width=_size(bounds.extent.y),
        speed=velocity.x * c + velocity.y * s,
        kind=kind_of(actor),
        id=str(actor.id),
        number=int(actor.id),
    )


def kind_of(actor: Any) -> Kind:
    """What an actor is."""
    if actor.type_id.startswith("walker."):
        return "pedestrian"
    attributes = actor.attributes
    wheels = attributes.get("number_of_wheels", "4")
    if attributes.get("base_type", "") in _TWO_WHEELS or wheels == "2":
        return "bicycle"
    return "vehicle"


def light_of(carla: Any, state: Any) -> LightState:
    """State of a light; "off" if CARLA doesn't know it."""
    states = carla.TrafficLightState
    known: dict[Any, LightState] = {
        states.Red: "red",
        states.Yellow: "yellow",
        states.Green: "green",
    }
    return known.get(state, "off")


def _size(extent: float) -> float:
    return extent if math.isfinite(extent) and extent >= _LEAST else _LEAST
