"""A mediocre driver: the right ideas with the wrong numbers. Training starts from here.

It stops too late for lights and signs, keeps too small a gap, and takes others to stay where they
are.
"""

import math


def predict_speed_and_steering(scene_info: dict) -> tuple[str, float]:
    """Decide how fast to drive and where to steer."""
    x, y = scene_info["ego_location_world_coord"].tolist()
    hx, hy = scene_info["ego_orientation_unit_vector"].tolist()
    tx, ty = scene_info["ego_target_location_world_coord"].tolist()
    speed = scene_info["ego_forward_speed"]
    angle = math.degrees(math.atan2(hx * (ty - y) - hy * (tx - x), hx * (tx - x) + hy * (ty - y)))

    braking = 0.1 * speed  # [m]
    light = scene_info["distance_to_red_light"]
    if light is not None and 0.0 < light < braking + 0.5:
        return "STOP", angle
    sign = scene_info["distance_to_stop_sign"]
    if sign is not None and 0.0 < sign < braking + 0.5:
        return "STOP", angle

    front = scene_info["ego_length"] / 2
    side = scene_info["ego_width"] / 2
    for margin, others in ((1.0, scene_info["vehicles"]), (1.0, scene_info["pedestrians"])):
        for other in others.values():
            ox, oy = other["location_world_coord"].tolist()
            ux, uy = other["orientation_unit_vector"].tolist()
            later = 0.1 * other["forward_speed"]  # [m] that it moves until we are there
            dx, dy = ox + ux * later - x, oy + uy * later - y
            ahead = hx * dx + hy * dy
            aside = abs(hx * dy - hy * dx)
            length = other["forward_length"] / 2
            width = other["sideways_width"] / 2
            if 0.0 < ahead < front + length + braking + margin and aside < side + width + 0.1:
                return "STOP", angle
    return "MOVE", angle
