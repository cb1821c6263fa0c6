"""A policy written by hand in a quarter of an hour: decent, and with clear weaknesses.

It follows the route, brakes for red lights and stop signs, and keeps a gap to the vehicle ahead.
But it only sees pedestrians who stand in its way already, and not those who are about to step into
it; it looks straight ahead, not along the bend that it drives; and it doesn't give way to crossing
vehicles.
"""

import numpy as np

LIGHT_DISTANCE = 7.0  # m to a red light at which it stops
SIGN_DISTANCE = 5.0  # m to a stop sign at which it stops
GAP = 3.0  # m to the one ahead
SECONDS = 0.8  # and what is driven in that time
SIDE = 0.2  # m beside the vehicle that count as in the way


def predict_speed_and_steering(scene_info: dict) -> tuple[str, float]:
    """Decide how fast to drive and where to steer."""
    ahead = scene_info["ego_orientation_unit_vector"]
    right = np.array([-ahead[1], ahead[0]])
    here = scene_info["ego_location_world_coord"]
    to_target = scene_info["ego_target_location_world_coord"] - here
    angle = float(np.degrees(np.arctan2(to_target @ right, to_target @ ahead)))

    light = scene_info["distance_to_red_light"]
    if light is not None and -1.0 < light < LIGHT_DISTANCE:
        return "STOP", angle
    sign = scene_info["distance_to_stop_sign"]
    if sign is not None and -1.0 < sign < SIGN_DISTANCE:
        return "STOP", angle

    speed = scene_info["ego_forward_speed"]
    reach = GAP + SECONDS * speed
    for others in (scene_info["vehicles"], scene_info["pedestrians"]):
        for other in others.values():
            offset = other["location_world_coord"] - here
            length = (scene_info["ego_length"] + other["forward_length"]) / 2
            width = (scene_info["ego_width"] + other["sideways_width"]) / 2
            forward, aside = offset @ ahead, abs(offset @ right)
            if 0 < forward - length / 2 < reach + length / 2 and aside < width + SIDE:
                return "STOP", angle
    return "MOVE", angle
