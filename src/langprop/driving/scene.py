"""Scene: the dictionary that a policy gets, and what it may answer."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, Literal, cast

from langprop.driving.observation import Observation
from langprop.driving.row import Extents, pack, unpack

Level = Literal["MOVE", "SLOW", "STOP"]

LEVELS: tuple[Level, ...] = ("MOVE", "SLOW", "STOP")


def scene(
    observation: Observation, *, extents: Extents = "full", stop_memory: bool = True
) -> dict[str, Any]:
    """What a policy is told.

    Locations are 2-vectors in the world (x east, y south) [m], orientations are unit vectors,
    speeds are in m/s, sizes in metres, and distances are from the vehicle's centre along the route.
    Bicycles are among the vehicles.

    Args:
        observation: What there is to see.
        extents: "full" for lengths and widths as they are; "half" for half of them, and at least
            0.5 m for others than the vehicle itself, as policies of the paper's code expect it.
        stop_memory: Whether a stop sign is gone once the vehicle has stopped for it. The paper's
            observation has no such memory.

    Returns:
        A new dictionary, which the policy may change.

    Source: the observation of the paper's code, as its prompts describe it.
    """
    return unpack(pack(observation, extents=extents, stop_memory=stop_memory))


def check_output(output: Any) -> tuple[Level, float]:
    """What a policy answered: speed level and turn angle.

    Args:
        output: A tuple or list of "MOVE", "SLOW" or "STOP" and an angle in degrees, from -180 to
            180; more than 0 is to the right.

    Raises:
        ValueError: It is anything else; says what to return instead.
    """
    if not isinstance(output, (tuple, list)) or len(output) != 2:
        raise ValueError(
            f"{_cut(output)} is no decision: return (speed_level, angle), such as ('MOVE', 0.0)."
        )
    level, angle = output
    if getattr(angle, "shape", None) == ():  # numpy has numbers of its own, and arrays of one
        angle = angle.item()
    if not isinstance(level, str) or level not in LEVELS:
        raise ValueError(
            f"the speed level {_cut(level)} doesn't exist: return 'MOVE', 'SLOW' or 'STOP'."
        )
    if isinstance(angle, bool) or not isinstance(angle, (float, int, Real)):
        raise ValueError(f"the angle {_cut(angle)} is no number: return degrees, from -180 to 180.")
    number = float(angle)
    if math.isnan(number):
        raise ValueError(
            "the angle is NaN, not a number: look for 0 / 0, a vector of length 0 that is "
            "normalized, or an arccos outside of [-1, 1]."
        )
    if not -180 <= number <= 180:
        raise ValueError(f"the angle {number:g} is out of range: return degrees, from -180 to 180.")
    return cast("Level", str(level)), number


def _cut(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # an array subclass, say, whose repr fails
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 100 else text[:97] + "..."
