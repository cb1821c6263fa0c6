"""Follows the route at a constant speed, whatever is there."""

from __future__ import annotations

import math
from typing import Any


def predict_speed_and_steering(scene_info: dict[str, Any]) -> tuple[str, float]:
    """Drive on, towards the target."""
    x, y = scene_info["ego_location_world_coord"]
    to_x, to_y = scene_info["ego_target_location_world_coord"]
    ahead_x, ahead_y = scene_info["ego_orientation_unit_vector"]
    dx, dy = to_x - x, to_y - y
    angle = math.atan2(ahead_x * dy - ahead_y * dx, ahead_x * dx + ahead_y * dy)
    return "MOVE", math.degrees(angle)
