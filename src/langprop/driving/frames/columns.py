"""Columns: frames as arrays, which is how they lie on the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from langprop.driving.box import Box, Kind, Pose
from langprop.driving.frames.frame import LEVELS, Answer, Frame
from langprop.driving.observation import LightState, Observation, Signals

Columns = dict[str, NDArray[Any]]

KINDS: tuple[Kind, ...] = get_args(Kind)
LIGHTS: tuple[LightState, ...] = get_args(LightState)

NAMES = (
    "tick",
    "time",
    "ego",
    "target",
    "route",
    "red_light",
    "stop_sign",
    "light_id",
    "stop_id",
    "light_state",
    "stop_completed",
    "actor_start",
    "actors",
    "actor_kind",
    "actor_number",
    "expert_level",
    "expert_angle",
    "expert_speed",
    "driver_level",
    "driver_angle",
    "failure",
    "infraction",
    "message",
    "ahead",
)
"""Names of all columns; what each holds stands in docs/driving.md."""


def pack(frames: Sequence[Frame]) -> Columns:
    """Frames as arrays. Numbers are kept exactly; names of actors aren't kept.

    Args:
        frames: n frames of one drive.

    Returns:
        By name: arrays whose first axis has n items; those of the m actors of all frames have m,
        and the actors of frame i are those from `actor_start[i]` to `actor_start[i + 1]`.
    """
    seen = [frame.observation for frame in frames]
    signals = [each.signals for each in seen]
    actors = [actor for each in seen for actor in each.actors]
    starts = np.cumsum([0, *(len(each.actors) for each in seen)])
    return {
        "tick": _whole([each.tick for each in seen]),
        "time": _reals([each.time for each in seen]),
        "ego": _reals([_box(each.ego) for each in seen], 6),
        "target": _reals([each.target for each in seen], 2),
        "route": _reals([(each.route_position, each.route_length) for each in seen], 2),
        "red_light": _optional([each.red_light for each in signals]),
        "stop_sign": _optional([each.stop_sign for each in signals]),
        "light_id": _ids([each.light_id for each in signals]),
        "stop_id": _ids([each.stop_id for each in signals]),
        "light_state": _codes([each.light_state for each in signals], LIGHTS),
        "stop_completed": np.array([each.stop_completed for each in signals], dtype=np.bool_),
        "actor_start": starts.astype(np.int64),
        "actors": _reals([_box(each) for each in actors], 6),
        "actor_kind": _codes([each.kind for each in actors], KINDS),
        "actor_number": _whole([each.number for each in actors]),
        "expert_level": _codes([frame.expert.level for frame in frames], LEVELS),
        "expert_angle": _reals([frame.expert.angle for frame in frames]),
        "expert_speed": _optional([frame.expert_speed for frame in frames]),
        "driver_level": _codes([frame.driver.level for frame in frames], LEVELS),
        "driver_angle": _reals([frame.driver.angle for frame in frames]),
        "failure": _texts([frame.failure for frame in frames]),
        "infraction": _texts([frame.infraction for frame in frames]),
        "message": _texts([frame.message for frame in frames]),
        "ahead": _reals([frame.ahead for frame in frames]),
    }


def unpack(columns: Mapping[str, NDArray[Any]], place: int, task: str, seed: int) -> Frame:
    """One frame out of arrays.

    Args:
        columns: From `pack`.
        place: Which of the frames.
        task: Name of the route.
        seed: Of the reset.
    """
    first, last = columns["actor_start"][place : place + 2].tolist()
    boxes = columns["actors"][first:last].tolist()
    kinds = columns["actor_kind"][first:last].tolist()
    numbers = columns["actor_number"][first:last].tolist()
    position, length = columns["route"][place].tolist()
    signals = Signals(
        red_light=_none_if_nan(columns["red_light"][place]),
        stop_sign=_none_if_nan(columns["stop_sign"][place]),
        light_id=_none_if_negative(columns["light_id"][place]),
        stop_id=_none_if_negative(columns["stop_id"][place]),
        light_state=LIGHTS[int(columns["light_state"][place])],
        stop_completed=bool(columns["stop_completed"][place]),
    )
    observation = Observation(
        tick=int(columns["tick"][place]),
        time=float(columns["time"][place]),
        ego=_unbox(columns["ego"][place].tolist(), "vehicle", "ego", 0),
        target=cast("tuple[float, float]", tuple(columns["target"][place].tolist())),
        signals=signals,
        actors=tuple(
            _unbox(box, KINDS[kind], "", number)
            for box, kind, number in zip(boxes, kinds, numbers, strict=True)
        ),
        route_position=position,
        route_length=length,
    )
    return Frame(
        observation,
        expert=_answer(columns, "expert", place),
        driver=_answer(columns, "driver", place),
        failure=str(columns["failure"][place]),
        infraction=str(columns["infraction"][place]),
        message=str(columns["message"][place]),
        ahead=float(columns["ahead"][place]),
        task=task,
        seed=seed,
        expert_speed=_none_if_nan(columns["expert_speed"][place]),
    )


def check(columns: Mapping[str, NDArray[Any]]) -> int:
    """See that arrays belong together.

    Returns:
        Number of frames.

    Raises:
        ValueError: They don't; says what is wrong.
    """
    missing = [name for name in NAMES if name not in columns]
    if missing:
        raise ValueError(f"it has no column {missing[0]!r}")
    count = len(columns["tick"])
    starts = columns["actor_start"]
    for name in NAMES:
        wanted = count + 1 if name == "actor_start" else int(starts[-1])
        if not name.startswith("actor"):
            wanted = count
        if len(columns[name]) != wanted:
            raise ValueError(f"the column {name!r} has {len(columns[name])} items, not {wanted}")
    if starts[0] != 0 or np.any(np.diff(starts) < 0):
        raise ValueError("the column 'actor_start' doesn't rise from 0")
    for name, kinds in (("light_state", LIGHTS), ("actor_kind", KINDS), *_LEVELS):
        if len(columns[name]) and int(columns[name].max()) >= len(kinds):
            raise ValueError(f"the column {name!r} holds an unknown code")
    return count


_LEVELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("expert_level", LEVELS),
    ("driver_level", LEVELS),
)


def _answer(columns: Mapping[str, NDArray[Any]], who: str, place: int) -> Answer:
    level = LEVELS[int(columns[f"{who}_level"][place])]
    return Answer(level, float(columns[f"{who}_angle"][place]))


def _box(box: Box) -> tuple[float, ...]:
    return (*box.pose, box.half_length, box.half_width, box.speed)


def _unbox(numbers: Sequence[float], kind: Kind, name: str, number: int) -> Box:
    x, y, yaw, half_length, half_width, speed = numbers
    return Box(Pose(x, y, yaw), half_length, half_width, speed, kind, name, number)


def _reals(values: Sequence[Any], width: int = 0) -> NDArray[np.float64]:
    made = np.array(values, dtype=np.float64)
    return made.reshape(len(values), width) if width else made


def _optional(values: Sequence[float | None]) -> NDArray[np.float64]:
    return _reals([np.nan if value is None else value for value in values])


def _whole(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _ids(values: Sequence[int | None]) -> NDArray[np.int64]:
    return _whole([-1 if value is None else value for value in values])


def _codes(values: Sequence[Any], names: Sequence[str]) -> NDArray[np.uint8]:
    return np.array([names.index(value) for value in values], dtype=np.uint8)


def _texts(values: Sequence[str]) -> NDArray[np.str_]:
    # numpy drops null characters at the end of a text, and a surrogate can't be written.
    sound = [each.encode("utf-8", "replace").decode().replace("\0", "�") for each in values]
    return np.array(sound, dtype=np.str_) if sound else np.array([], dtype="<U1")


def _none_if_nan(value: Any) -> float | None:
    number = float(value)
    return None if number != number else number  # noqa: PLR0124 - NaN


def _none_if_negative(value: Any) -> int | None:
    return None if value < 0 else int(value)
