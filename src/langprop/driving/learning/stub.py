"""The stub of a driving policy: its signature, and the specification in its docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langprop.driving.row import Extents

ENTRY_POINT = "predict_speed_and_steering"

_STUB = '''\
def predict_speed_and_steering(scene_info: dict) -> tuple[str, float]:
    """Decide how fast to drive and where to steer. Called 20 times a second while driving.

    The frame of the world: x points east, y points SOUTH, in metres. So an angle from one direction
    to another, atan2(y, x) of the second minus that of the first, is positive to the RIGHT. Speeds
    are in m/s. Vectors are numpy arrays of shape (2,).

    Args:
        scene_info: What is to be seen, a dict:
            "ego_location_world_coord": the centre of our vehicle.
            "ego_target_location_world_coord": the point of our route to steer for, a little more
                than 4 m ahead.
            "ego_orientation_unit_vector": where our vehicle heads.
            "ego_forward_speed": our speed.
            "ego_length", "ego_width": {own}.
            "distance_to_red_light": along the route from our centre to the next light that is red
                or yellow; None if there is none within 50 m. The stop line is 2 m farther on, and
                our front is about 2.5 m ahead of our centre. Below -0.5 it is None, though our rear
                isn't over the line yet.
            "distance_to_stop_sign": likewise to the next stop sign; {stop}.
            "vehicles": those within 50 m, all around: a dict of id → dict with
                "location_world_coord": its centre.
                "orientation_unit_vector": where it heads.
                "forward_speed": its speed along that direction.
                "forward_length", "sideways_width": {others}.
              Bicycles are among them.
            "pedestrians": those within 50 m, with the same keys.

    Returns:
        Speed level and turn angle.
            The level: "MOVE" to drive at 6 m/s; "STOP" for the full brake (8 m/s², so 2.3 m from
            6 m/s to a stand); "SLOW" to brake to a creep of 0.1 m/s, which is nearly standing.
            The angle in degrees from our heading to where we shall drive, from -180 to 180:
            positive to the right. Mostly that of the target.
    """
'''

_OWN = {
    "full": "its length and width",
    "half": "HALF of its length and width: from the centre to the front and to the side",
}
_OTHERS = {
    "full": "its length and width",
    "half": "HALF of its length and width, at least 0.5",
}
_STOP = {
    True: "None if there is none within 50 m, or once we have stopped for it (slower than 0.1 m/s, "
    "at a distance of less than 8 m)",
    False: "None if there is none within 50 m. It stays once we have stopped for it: remember that",
}


def driving_stub(extents: Extents = "full", *, stop_memory: bool = True) -> str:
    """The stub of a driving policy.

    Args:
        extents: What sizes in scenes mean.
        stop_memory: Whether a stop sign is gone once the vehicle has stopped for it.

    Returns:
        Source of the signature with the docstring.
    """
    texts = {"own": _OWN[extents], "others": _OTHERS[extents], "stop": _STOP[stop_memory]}
    return _wrapped(_STUB, texts)


def _wrapped(text: str, texts: dict[str, str]) -> str:
    """Fill in texts, and break the lines that become too long."""
    import textwrap

    lines = []
    for line in text.splitlines():
        filled = line
        for name, value in texts.items():
            filled = filled.replace("{" + name + "}", value)
        indent = len(line) - len(line.lstrip())
        deeper = " " * (indent + 4)
        lines += textwrap.wrap(filled, 100, initial_indent="", subsequent_indent=deeper) or [""]
    return "\n".join(lines) + "\n"
