"""Red lights and stop signs, both sides of each threshold."""

from __future__ import annotations

import math

import pytest

from langprop.driving.box import Box, Pose
from langprop.driving.event import Event
from langprop.driving.judging.criteria import Criteria
from langprop.driving.observation import LightState, Observation, Signals
from langprop.driving.route import StopLine
from langprop.driving.simulator import LaneFix, Truth
from langprop.testing.straight_road import straight_route

LINE = 50.0
HALF = 2.45
TAIL = 0.8 * HALF  # m behind the centre where the tail begins


def route_with(*kinds: str) -> tuple[StopLine, ...]:
    return tuple(
        StopLine(LINE + 60 * n, kind, (LINE + 60 * n, 0.0), (1.0, 0.0), 1.75)  # type: ignore[arg-type]
        for n, kind in enumerate(kinds)
    )


class Road:
    """A vehicle that is put to places of a straight road with lines."""

    def __init__(self, *kinds: str) -> None:
        self.route = straight_route(200, route_with(*kinds))
        self.criteria = Criteria(self.route)
        self.tick = 0

    def at(
        self,
        x: float,
        light: LightState = "off",
        *,
        y: float = 0.0,
        yaw: float = 0.0,
        speed: float = 5.0,
        completed: frozenset[int] = frozenset(),
    ) -> list[Event]:
        self.tick += 1
        ego = Box(Pose(x, y, yaw), HALF, 1.06, speed, "vehicle", "ego")
        seen = Observation(self.tick, self.tick / 20, ego, (0.0, 0.0), Signals(), (), x, 200.0)
        lights = (light,) * len(self.route.stop_lines)
        fix = LaneFix(-1.0, 0.0, in_junction=False)
        truth = Truth(seen, self.route, int(max(0, x)), abs(y), lights, fix, completed)
        events = self.criteria.update(truth)
        return [event for event in events if event.kind != "OUTSIDE_ROUTE_LANES"]

    def through(self, light: LightState, start: float = 45.0, end: float = 58.0) -> list[Event]:
        events = []
        x = start
        while x < end:
            events += self.at(x, light)
            x += 0.25
        return events


def test_the_tail_that_crosses_a_red_light_is_one_infraction() -> None:
    (event,) = Road("light").through("red")
    assert event.kind == "TRAFFIC_LIGHT_INFRACTION"
    assert event.message == "ran a red light at 5.0 m/s"
    assert event.details["line"] == 0
    assert LINE + TAIL <= event.xy[0] <= LINE + TAIL + 0.25


@pytest.mark.parametrize("light", ["green", "yellow", "off"])
def test_other_lights_may_be_passed(light: LightState) -> None:
    assert not Road("light").through(light)


def test_the_nose_may_stand_beyond_the_line() -> None:
    assert not Road("light").through("red", end=LINE + TAIL - 0.01)


def test_a_light_that_turns_red_when_the_tail_has_passed_is_no_infraction() -> None:
    road = Road("light")
    assert not road.at(LINE + HALF + 1.01, "red")
    assert Road("light").at(LINE + HALF + 0.99, "red")


def test_each_light_counts_once_and_each_counts() -> None:
    road = Road("light", "light")
    assert len(road.through("red")) == 1
    assert not road.through("red")
    assert len(road.through("red", 105.0, 118.0)) == 1


@pytest.mark.parametrize(("y", "count"), [(1.39, 1), (1.41, 0), (-1.39, 1), (-1.41, 0)])
def test_the_line_is_four_fifths_of_the_lane(y: float, count: int) -> None:
    assert len(Road("light").at(LINE + 2.2, "red", y=y)) == count


def test_who_drives_the_other_way_has_no_light() -> None:
    assert not Road("light").at(LINE - 2.2, "red", yaw=math.pi)
    assert Road("light").at(LINE + 2.2, "red", yaw=0.3)


def test_a_stop_sign_that_is_ignored_is_told_with_the_least_speed() -> None:
    road = Road("stop")
    events = [event for x in range(30, 60) for event in road.at(float(x), speed=abs(48 - x) + 2.0)]
    (event,) = events
    assert event.kind == "STOP_INFRACTION"
    assert event.xy[0] == LINE + 4
    assert event.message.endswith("its least speed in the 10 m before the line was 2.0 m/s")


@pytest.mark.parametrize(("beyond", "count"), [(3.0, 0), (3.01, 1)])
def test_a_stop_sign_is_passed_three_metres_beyond_the_line(beyond: float, count: int) -> None:
    assert len(Road("stop").at(LINE + beyond)) == count


@pytest.mark.parametrize(
    ("x", "speed", "count"),
    [
        (LINE - 9.9, 0.09, 0),
        (LINE - 9.9, 0.1, 1),
        (LINE - 10.1, 0.0, 1),
        (LINE + 1.9, 0.0, 0),
        (LINE + 2.1, 0.0, 1),
    ],
)
def test_a_stop_is_slower_than_a_tenth_within_the_zone(x: float, speed: float, count: int) -> None:
    road = Road("stop")
    road.at(x, speed=speed)
    assert len(road.at(LINE + 3.5)) == count


def test_a_stop_that_the_simulator_knows_of_is_a_stop() -> None:
    assert not Road("stop").at(LINE + 3.5, completed=frozenset({0}))
    assert Road("stop").at(LINE + 3.5, completed=frozenset({1}))


def test_each_sign_needs_a_stop_of_its_own() -> None:
    road = Road("stop", "stop")
    road.at(LINE, speed=0.0)
    assert not road.at(LINE + 4)
    (event,) = road.at(LINE + 60 + 4)
    assert event.details["line"] == 1


def test_lines_on_another_road_or_for_the_other_way_do_not_count() -> None:
    assert not Road("stop").at(LINE + 3.5, y=7.5)
    assert not Road("stop").at(LINE + 3.5, yaw=math.pi)
