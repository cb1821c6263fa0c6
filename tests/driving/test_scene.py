"""The dictionary that policies get, and what they may answer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from langprop.driving.box import Box, Pose
from langprop.driving.observation import Observation, Signals
from langprop.driving.row import taking_rows, wrapped
from langprop.driving.scene import check_output, scene
from langprop.scripts.script import Script

NONE = Signals()
ACTORS = (
    Box(Pose(10.0, 1.0, 0.0), 2.3, 0.9, 5.0, "vehicle", "car1", 4),
    Box(Pose(3.0, -2.0, math.pi / 2), 0.25, 0.25, 1.2, "pedestrian", "p1", 2),
    Box(Pose(-8.0, 0.0, math.pi), 0.9, 0.3, 3.0, "bicycle", "b1", 9),
    Box(Pose(5.0, 5.0, 0.0), 1.0, 1.0, 0.0, "static", "pole", 11),
)


def observation(signals: Signals = NONE, actors: tuple[Box, ...] = ACTORS) -> Observation:
    ego = Box(Pose(1.0, 2.0, math.pi / 2), 2.45, 1.06, 3.5, "vehicle", "ego")
    return Observation(5, 0.25, ego, (1.0, 6.5), signals, actors, 10.0, 100.0)


def test_the_scene_has_the_papers_keys_and_types() -> None:
    found = scene(observation(Signals(12.5, 20.0)))
    assert list(found) == [
        "ego_location_world_coord",
        "ego_target_location_world_coord",
        "ego_orientation_unit_vector",
        "ego_forward_speed",
        "ego_length",
        "ego_width",
        "distance_to_red_light",
        "distance_to_stop_sign",
        "vehicles",
        "pedestrians",
    ]
    np.testing.assert_allclose(found["ego_location_world_coord"], [1.0, 2.0])
    np.testing.assert_allclose(found["ego_target_location_world_coord"], [1.0, 6.5])
    np.testing.assert_allclose(found["ego_orientation_unit_vector"], [0.0, 1.0], atol=1e-12)
    assert (found["ego_forward_speed"], found["ego_length"], found["ego_width"]) == (3.5, 4.9, 2.12)
    assert (found["distance_to_red_light"], found["distance_to_stop_sign"]) == (12.5, 20.0)
    assert list(found["vehicles"]) == [4, 9]
    assert list(found["pedestrians"]) == [2]
    car = found["vehicles"][4]
    assert list(car) == [
        "location_world_coord",
        "orientation_unit_vector",
        "forward_speed",
        "forward_length",
        "sideways_width",
    ]
    assert car["location_world_coord"].dtype == np.float64
    np.testing.assert_allclose(car["location_world_coord"], [10.0, 1.0])
    assert type(car["forward_speed"]) is float


def test_full_sizes_are_full_and_half_sizes_are_at_least_half_a_metre() -> None:
    full, half = scene(observation()), scene(observation(), extents="half")
    sizes = [("forward_length", "sideways_width")] * 1

    def size(found: dict[str, Any], kind: str, number: int) -> tuple[float, ...]:
        return tuple(found[kind][number][key] for key in sizes[0])

    assert size(full, "vehicles", 4) == (4.6, 1.8)
    assert size(full, "vehicles", 9) == (1.8, 0.6)
    assert size(full, "pedestrians", 2) == (0.5, 0.5)
    assert size(half, "vehicles", 4) == (2.3, 0.9)
    assert size(half, "vehicles", 9) == (0.9, 0.5)
    assert size(half, "pedestrians", 2) == (0.5, 0.5)
    assert (half["ego_length"], half["ego_width"]) == (2.45, 1.06)
    with pytest.raises(ValueError, match='must be "full" or "half"'):
        scene(observation(), extents="whole")  # type: ignore[arg-type]


def test_a_stop_sign_is_gone_once_stopped_for_unless_memory_is_off() -> None:
    done = observation(Signals(None, 3.0, stop_id=0, stop_completed=True))
    assert scene(done)["distance_to_stop_sign"] is None
    assert scene(done, stop_memory=False)["distance_to_stop_sign"] == 3.0
    waiting = observation(Signals(None, 3.0, stop_id=0))
    assert scene(waiting)["distance_to_stop_sign"] == 3.0


def test_a_scene_is_nobody_elses() -> None:
    seen = observation()
    first = scene(seen)
    first["ego_location_world_coord"] += 100.0
    first["vehicles"].clear()
    assert scene(seen)["ego_location_world_coord"][0] == 1.0
    assert len(scene(seen)["vehicles"]) == 2


def test_an_empty_road_has_empty_dictionaries() -> None:
    found = scene(observation(actors=()))
    assert found["vehicles"] == found["pedestrians"] == {}
    assert found["distance_to_red_light"] is found["distance_to_stop_sign"] is None


def test_a_function_that_takes_rows_still_takes_a_scene() -> None:
    function = taking_rows(lambda scene_info: scene_info["ego_forward_speed"])
    assert function({"ego_forward_speed": 1.0}) == 1.0
    assert function(scene_info={"ego_forward_speed": 2.0}) == 2.0


def test_a_wrapped_script_keeps_its_lines() -> None:
    script = wrapped(Script("def f(x):\n    return x", "f"))  # without a line break at its end
    assert script.source.startswith("def f(x):\n    return x\n")
    assert script.entry_point == "f"


@pytest.mark.parametrize(
    "output",
    [
        ("MOVE", 1.5),
        ["STOP", -180],
        ("SLOW", np.float32(180)),
        ("MOVE", np.int64(3)),
        ("MOVE", np.array(0.5)),
    ],
)
def test_decisions_are_read(output: Any) -> None:
    level, angle = check_output(output)
    assert (level, angle) == (output[0], output[1])
    assert (type(level), type(angle)) == (str, float)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (None, "None is no decision: return"),
        ("MOVE", "'MOVE' is no decision"),
        ((), "is no decision"),
        (("MOVE", 1.0, 2.0), "is no decision"),
        ({"speed": "MOVE"}, "is no decision"),
        (("GO", 1.0), "the speed level 'GO' doesn't exist: return 'MOVE', 'SLOW' or 'STOP'"),
        (("move", 1.0), "doesn't exist"),
        ((["MOVE"], 1.0), "doesn't exist"),
        (("MOVE", "left"), "the angle 'left' is no number"),
        (("MOVE", None), "is no number"),
        (("MOVE", True), "is no number"),
        (("MOVE", np.array(True)), "is no number"),
        (("MOVE", np.array("left")), "the angle 'left' is no number"),
        (("MOVE", 1 + 2j), "is no number"),
        (("MOVE", np.array([1.0])), "is no number"),
        (("MOVE", np.array(math.nan)), "the angle is NaN"),
        (("MOVE", math.nan), "the angle is NaN"),
        (("MOVE", np.float64("nan")), "the angle is NaN"),
        (("MOVE", math.inf), "out of range"),
        (("MOVE", 180.1), "the angle 180.1 is out of range: return degrees, from -180 to 180"),
        (("MOVE", -181), "out of range"),
    ],
)
def test_nonsense_is_refused_in_words(output: Any, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        check_output(output)
    assert message in str(caught.value)
