"""Goes on with what it does: it drives if it drives already, and stands if it stands.

On recorded data that is right in most frames, as the speed of a moment tells best of the speed in
the next. The cause is taken for the effect: from standstill it never starts.
"""

from __future__ import annotations

import math
from typing import Any


def predict_speed_and_steering(scene_info: dict[str, Any]) -> tuple[str, float]:
    """Do as before, towards the target."""
    x, y = scene_info["ego_location_world_coord"]
    to_x, to_y = scene_info["ego_target_location_world_coord"]
    ahead_x, ahead_y = scene_info["ego_orientation_unit_vector"]
    dx, dy = to_x - x, to_y - y
    angle = math.atan2(ahead_x * dy - ahead_y * dx, ahead_x * dx + ahead_y * dy)
    speed = scene_info["ego_forward_speed"]
    level = "MOVE" if speed > 2.0 else "SLOW" if speed > 0.5 else "STOP"
    return level, math.degrees(angle)
