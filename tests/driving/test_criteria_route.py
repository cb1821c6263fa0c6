"""Lanes, progress, and how routes end."""

from __future__ import annotations

import math

import pytest

from langprop.driving.box import Box, Pose
from langprop.driving.event import Event
from langprop.driving.judging.criteria import Criteria
from langprop.driving.judging.criteria.ending import timeout
from langprop.driving.observation import Observation, Signals
from langprop.driving.route import Route
from langprop.driving.simulator import LaneFix, Truth
from langprop.testing.straight_road import straight_route

INSIDE = LaneFix(-1.0, 0.0, in_junction=False)


def truth(
    route: Route,
    index: int,
    time: float = 1.0,
    *,
    fix: LaneFix = INSIDE,
    off: float = 0.0,
    speed: float = 6.0,
    yaw: float = 0.0,
) -> Truth:
    x, y = route.points[index]
    ego = Box(Pose(float(x), float(y) + off, yaw), 2.45, 1.06, speed)
    position = float(route.positions[index])
    seen = Observation(
        round(time * 20), time, ego, (0.0, 0.0), Signals(), (), position, route.length
    )
    return Truth(seen, route, index, off, (), fix)


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


@pytest.mark.parametrize(
    ("fix", "yaw", "how"),
    [
        (LaneFix(1.29, 0.0, in_junction=False), 0.0, ""),
        (LaneFix(1.31, 0.0, in_junction=False), 0.0, "OUTSIDE_LANE"),
        (LaneFix(2.5, 0.0, in_junction=False), 0.0, "ON_SIDEWALK"),
        (LaneFix(20.0, None, in_junction=False), 0.0, "ON_SIDEWALK"),
        (LaneFix(-1.0, 0.0, in_junction=False), math.radians(119), ""),
        (LaneFix(-1.0, 0.0, in_junction=False), math.radians(121), "WRONG_WAY"),
        (LaneFix(-1.0, 0.0, in_junction=False), math.radians(-121), "WRONG_WAY"),
        (LaneFix(-1.0, 0.0, in_junction=True), math.pi, ""),
        (LaneFix(-1.0, math.radians(350), in_junction=False), 0.0, ""),
    ],
)
def test_outside_of_the_lanes(fix: LaneFix, yaw: float, how: str) -> None:
    criteria = Criteria(straight_route(100))
    events = criteria.update(truth(straight_route(100), 1, fix=fix, yaw=yaw))
    events = [event for event in events if event.kind == "OUTSIDE_ROUTE_LANES"]
    assert [event.details["how"] for event in events] == ([how] if how else [])


def test_the_share_outside_is_measured_in_metres_of_the_route() -> None:
    route = straight_route(100)
    criteria = Criteria(route)
    outside = LaneFix(1.5, 0.0, in_junction=False)
    for index in range(81):
        for again in range(1 + index % 3):  # however long it takes
            fix = outside if 20 < index <= 40 else INSIDE
            criteria.update(truth(route, index, index + again / 4, fix=fix))
    assert criteria.driven == 80
    assert criteria.outside == pytest.approx(0.25)
    assert criteria.score().penalty == pytest.approx(0.75)
    assert criteria.score("at_fault").driving == pytest.approx(80 * 0.75)
    assert kinds(criteria.events) == ["OUTSIDE_ROUTE_LANES"]


def test_leaving_the_lanes_is_told_anew_after_a_second_inside() -> None:
    route = straight_route(100)
    criteria = Criteria(route)
    outside = LaneFix(1.5, 0.0, in_junction=False)
    for tick, fix in enumerate([outside] * 5 + [INSIDE] * 15 + [outside] * 5):
        criteria.update(truth(route, 0, tick / 20, fix=fix))
    assert len(criteria.events) == 1
    for tick, fix in enumerate([INSIDE] * 25 + [outside], 25):
        criteria.update(truth(route, 0, tick / 20, fix=fix))
    assert len(criteria.events) == 2


@pytest.mark.parametrize(("off", "ends"), [(30.0, False), (30.1, True)])
def test_who_strays_too_far_is_off_the_route(off: float, ends: bool) -> None:
    route = straight_route(100)
    criteria = Criteria(route)
    assert ("ROUTE_DEVIATION" in kinds(criteria.update(truth(route, 5, off=off)))) is ends
    assert criteria.done is ends


@pytest.mark.parametrize(("off", "ends"), [(15.0, False), (15.1, True)])
def test_a_third_of_the_route_far_beside_it_is_a_deviation(off: float, ends: bool) -> None:
    route = straight_route(100)
    criteria = Criteria(route)
    for index in range(10, 41):  # 10 m until the first, then 30 more
        assert not criteria.done
        criteria.update(truth(route, index, off=off if index > 10 else 0.0))
    assert not criteria.done  # 30 % is not more than 30 %
    criteria.update(truth(route, 41, off=off))
    assert criteria.done is ends


@pytest.mark.parametrize(("speed", "ends"), [(0.1, False), (0.09, True)])
def test_who_stands_for_three_minutes_is_blocked(speed: float, ends: bool) -> None:
    route = straight_route(1_000)
    criteria = Criteria(route)
    criteria.update(truth(route, 3, 10.0, speed=speed))
    criteria.update(truth(route, 3, 190.0, speed=speed))
    assert not criteria.done
    criteria.update(truth(route, 3, 190.1, speed=speed))
    assert criteria.done is ends
    if ends:
        assert criteria.events[-1].kind == "VEHICLE_BLOCKED"


def test_moving_on_begins_the_wait_anew() -> None:
    route = straight_route(1_000)
    criteria = Criteria(route)
    for time, speed in ((10.0, 0.0), (180.0, 0.2), (181.0, 0.0), (360.0, 0.0)):
        criteria.update(truth(route, 3, time, speed=speed))
    assert not criteria.done


def test_time_is_four_fifths_of_a_second_a_metre_and_five_seconds() -> None:
    assert [timeout(length) for length in (0.0, 100.0, 101.0, 101.3)] == [5, 85, 85, 86]
    route = straight_route(100)
    criteria = Criteria(route)
    criteria.update(truth(route, 50, 85.0))
    assert not criteria.done
    (event,) = criteria.update(truth(route, 50, 85.05))
    assert (event.kind, event.message) == (
        "ROUTE_TIMEOUT",
        "took longer than 85 s, at 50 % of the route",
    )
    assert criteria.completion == 50


@pytest.mark.parametrize(
    ("length", "index", "done"),
    [
        (2_000, 1_980, False),  # 99 %, and 20 m away
        (2_000, 1_989, False),
        (2_000, 1_991, True),  # 9 m away
        (100, 99, False),  # 99 % isn't more than 99 %
        (100, 100, True),
    ],
)
def test_the_goal_is_reached_beyond_99_percent_and_within_10_metres(
    length: int, index: int, done: bool
) -> None:
    route = straight_route(length)
    criteria = Criteria(route)
    events = criteria.update(truth(route, index))
    assert (kinds(events) == ["ROUTE_COMPLETION"]) is done
    assert criteria.done is done
    assert criteria.completion == (100.0 if done else pytest.approx(100 * index / length))


def test_nothing_happens_after_the_end() -> None:
    route = straight_route(100)
    criteria = Criteria(route)
    criteria.update(truth(route, 100))
    assert criteria.update(truth(route, 100, 500.0, off=99.0)) == []
    assert criteria.score().driving == 100


def test_driving_back_takes_nothing_away() -> None:
    route = straight_route(100)
    criteria = Criteria(route)
    criteria.update(truth(route, 60))
    criteria.update(truth(route, 20))
    assert criteria.completion == 60
    assert criteria.driven == 60
