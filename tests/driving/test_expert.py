"""The expert on constructed situations, and on real routes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from langprop.driving.agents.expert import ExpertAgent, aim
from langprop.driving.box import Box, Pose
from langprop.driving.judging.drive import Drive, Tick, drive
from langprop.driving.observation import Observation, Signals
from langprop.driving.task import RouteTask
from langprop.testing.straight_road import Extra, Lamp, StraightRoad

TASK = RouteTask("straight", "straight", ("road",))


def ride(*cast: Extra, length: float = 80, **more: Sequence[float] | Sequence[Lamp]) -> Drive:
    return drive(StraightRoad(length, cast, **more), TASK, 0, ExpertAgent())  # type: ignore[arg-type]


def walker(x: float, y: float, speed: float, starts: float) -> Extra:
    yaw = math.pi / 2 if y < 0 else -math.pi / 2
    return Extra(Box(Pose(x, y, yaw), 0.25, 0.25, speed, "pedestrian"), starts)


def test_an_empty_road_is_driven_at_six_metres_a_second() -> None:
    found = ride()
    assert (found.ended, found.strict.driving) == ("ROUTE_COMPLETION", 100.0)
    assert set(found.levels) == {"MOVE"}
    assert 13 < found.seconds < 17


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("starts", [3.5, 4.5, 5.5, 6.5])
@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_who_steps_into_the_road_is_not_hit(side: int, starts: float, speed: float) -> None:
    found = ride(walker(40.0, side * 4.0, speed, starts))
    assert found.strict.counts == {}
    assert found.ended == "ROUTE_COMPLETION"


def test_who_stands_beside_the_road_is_passed() -> None:
    found = ride(walker(40.0, -2.4, 0.0, 0.0), walker(45.0, 2.4, 0.0, 0.0))
    assert found.strict.driving == 100
    assert found.seconds < 17


@pytest.mark.parametrize("speed", [1.0, 4.0, 9.0])
def test_the_one_ahead_is_followed(speed: float) -> None:
    leader = Extra(Box(Pose(9.0, 0.0, 0.0), 2.3, 0.9, speed))
    found = ride(leader)
    assert found.strict.counts == {}
    if speed == 9.0:
        assert found.ended == "ROUTE_COMPLETION"


def test_a_standing_queue_is_kept_away_from() -> None:
    found = ride(Extra(Box(Pose(40.0, 0.0, 0.0), 2.3, 0.9, 0.0)))
    assert found.strict.counts == {}
    assert 0.3 < found.strict.completion / 100 < 0.5


def test_crossing_cars_are_let_pass() -> None:
    for starts in (0.0, 1.0, 2.0, 3.0):
        car = Extra(Box(Pose(40.0, -40.0, math.pi / 2), 2.3, 0.9, 8.0), starts)
        found = ride(car)
        assert found.strict.counts == {}, starts
        assert found.ended == "ROUTE_COMPLETION"


def test_red_lights_and_stop_signs_are_obeyed() -> None:
    found = ride(lamps=[Lamp(30.0, 15.0)], signs=[60.0])
    assert found.strict.counts == {}
    assert found.ended == "ROUTE_COMPLETION"
    assert 24 < found.seconds < 40


def test_the_front_stops_before_the_line() -> None:
    fronts = []

    def note(tick: Tick) -> None:
        if tick.truth.ego.speed == 0:
            fronts.append(tick.truth.ego.pose.x + tick.truth.ego.half_length)

    drive(StraightRoad(80, lamps=[Lamp(40.0, 20.0)]), TASK, 0, ExpertAgent(), on_tick=note)
    assert 38.0 < fronts[-1] < 40.0


def test_it_aims_at_the_target() -> None:
    ego = Box(Pose(0.0, 0.0, 0.0), 2.45, 1.06)
    seen = Observation(0, 0.0, ego, (4.0, 4.0), Signals(), (), 0.0, 10.0)
    assert aim(seen) == pytest.approx(45.0)  # y points south: that is to the right


@pytest.mark.slow
def test_it_drives_well_in_towns() -> None:
    pytest.importorskip("libsumo")
    from langprop.driving.agents.drivers import read_drivers
    from langprop.driving.judging.evaluate import evaluate
    from langprop.driving.maps.suites import suite

    found = evaluate(read_drivers(["expert"]), suite("testing")[::5], [0], jobs=2)
    summary = found.summary("expert", "at_fault")
    assert summary is not None
    assert summary.driving > 85
    assert summary.completion > 95
