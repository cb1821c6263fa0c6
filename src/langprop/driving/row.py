"""Row: a scene as a flat row of numbers, which travels into a sandbox in a part of the time.

A dictionary with an array for each location would take seven times as long, most of the time of a
tick. So a script gets a row, and its own process makes the dictionary of it.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Literal

import numpy as np

from langprop.driving.box import Box
from langprop.driving.observation import Observation
from langprop.scripts.script import Script

Extents = Literal["full", "half"]
"""Sizes in scenes: full lengths and widths; or half of them, as the paper's code gave them."""

_LEAST = 0.5  # [m] half sizes of others in the paper's observation are no smaller
_HEAD = 12  # numbers of a row before the first actor


def pack(
    observation: Observation, *, extents: Extents = "full", stop_memory: bool = True
) -> list[Any]:
    """A scene as a flat row of numbers, which travels into a sandbox in a part of the time.

    Args:
        observation: As for `scene`.
        extents: As for `scene`.
        stop_memory: As for `scene`.

    Returns:
        12 numbers or None: location, target and orientation (x, y each), speed, length, width,
        distances to the light and the sign, number of vehicles; then 8 numbers for each vehicle and
        after these each pedestrian: id, location, orientation, speed, length, width.

    Raises:
        ValueError: There is no such mode of extents.
    """
    if extents not in ("full", "half"):
        raise ValueError(f'extents must be "full" or "half", but got {extents!r}.')
    factor, least = (2.0, 0.0) if extents == "full" else (1.0, _LEAST)
    ego, signals = observation.ego, observation.signals
    (x, y, yaw), (target_x, target_y) = ego.pose, observation.target
    stop = None if stop_memory and signals.stop_completed else signals.stop_sign
    row: list[Any] = [
        x,
        y,
        target_x,
        target_y,
        math.cos(yaw),
        math.sin(yaw),
        ego.speed,
        ego.half_length * factor,
        ego.half_width * factor,
        signals.red_light,
        stop,
        0,
    ]
    walkers: list[Any] = []
    vehicles = 0
    for box in observation.actors:
        if box.kind == "pedestrian":
            walkers += _actor(box, factor, least)
        elif box.kind != "static":
            row += _actor(box, factor, least)
            vehicles += 1
    row[_HEAD - 1] = vehicles
    row += walkers
    return row


def _actor(box: Box, factor: float, least: float) -> tuple[Any, ...]:
    x, y, yaw = box.pose
    length, width = box.half_length, box.half_width
    return (
        box.number,
        x,
        y,
        math.cos(yaw),
        math.sin(yaw),
        box.speed,
        (length if length > least else least) * factor,
        (width if width > least else least) * factor,
    )


def unpack(row: Sequence[Any]) -> dict[str, Any]:
    """The scene of a row that `pack` made."""
    array = np.array
    others: list[dict[int, dict[str, Any]]] = [{}, {}]
    last = 12 + 8 * row[11]
    for at in range(12, len(row), 8):
        number, x, y, hx, hy, speed, length, width = row[at : at + 8]
        others[at >= last][number] = {
            "location_world_coord": array((x, y)),
            "orientation_unit_vector": array((hx, hy)),
            "forward_speed": speed,
            "forward_length": length,
            "sideways_width": width,
        }
    return {
        "ego_location_world_coord": array((row[0], row[1])),
        "ego_target_location_world_coord": array((row[2], row[3])),
        "ego_orientation_unit_vector": array((row[4], row[5])),
        "ego_forward_speed": row[6],
        "ego_length": row[7],
        "ego_width": row[8],
        "distance_to_red_light": row[9],
        "distance_to_stop_sign": row[10],
        "vehicles": others[0],
        "pedestrians": others[1],
    }


def taking_rows(function: Callable[..., Any]) -> Callable[..., Any]:
    """A policy's function as one that takes the numbers of a row; it still takes a scene, too."""

    def call(*row: Any, **named: Any) -> Any:
        return function(unpack(row)) if len(row) > 1 else function(*row, **named)

    return call


def wrapped(script: Script) -> Script:
    """A script whose function takes the numbers of a row as its arguments.

    What is added stands behind the script's own text, so that its lines keep their numbers, and is
    compiled as another file, so that it isn't shown in tracebacks. A script without the function
    gets nothing: the sandbox says best what is missing.
    """
    name = script.entry_point
    added = (
        f"if callable(globals().get({name!r})):\n"
        "    __names = {}\n"
        f"    exec(compile({_text()!r}, '<scene>', 'exec', dont_inherit=True), __names)\n"
        f"    {name} = __names['taking_rows']({name})\n"
    )
    return Script(
        f"{script.source}\n{added}",
        name,
        origin=script.origin,
        id="with rows",  # to find out its own would parse it in this process
        uses=script.uses,
        depends=script.depends,
    )


@cache
def _text() -> str:
    """What makes scenes of rows, as source."""
    head = "from __future__ import annotations\nimport numpy as np\n"
    return "\n\n".join([head, inspect.getsource(unpack), inspect.getsource(taking_rows)])
