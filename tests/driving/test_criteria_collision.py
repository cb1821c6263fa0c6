"""Collisions: who is counted, how often, and whose fault it is."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.driving.box import Box, Kind, Pose
from langprop.driving.event import Event
from langprop.driving.judging.criteria import Criteria
from langprop.driving.observation import Observation, Signals
from langprop.driving.simulator import LaneFix, Truth
from langprop.testing.straight_road import straight_route

DT = 0.05
ROUTE = straight_route(200)
Path = Callable[[float], tuple[float, float, float, float]]
"""x, y, yaw and speed at a time."""


def ego_at(x: float, y: float = 0.0, speed: float = 6.0, yaw: float = 0.0) -> Box:
    return Box(Pose(x, y, yaw), 2.45, 1.06, speed, "vehicle", "ego", 0)


def straight(x: float, y: float, yaw: float, speed: float) -> Path:
    """Someone who is at (x, y) at the time 0, and keeps course and speed."""

    def path(time: float) -> tuple[float, float, float, float]:
        way = speed * time
        return x + math.cos(yaw) * way, y + math.sin(yaw) * way, yaw, speed

    return path


def still(x: float, y: float, yaw: float = 0.0) -> Path:
    return lambda _: (x, y, yaw, 0.0)


def drive(
    ego: Path,
    other: Path,
    *,
    kind: Kind = "vehicle",
    size: tuple[float, float] = (2.3, 0.9),
    seconds: float = 3.0,
    start: float = -3.0,
    seen_from: float = -math.inf,
    hits: frozenset[str] = frozenset(),
    criteria: Criteria | None = None,
) -> list[Event]:
    """Events of two boxes that move on their paths."""
    criteria = Criteria(ROUTE) if criteria is None else criteria
    events: list[Event] = []
    for tick in range(round((seconds - start) / DT)):
        time = start + tick * DT
        x, y, yaw, speed = ego(time)
        ox, oy, oyaw, ospeed = other(time)
        box = Box(Pose(ox, oy, oyaw), *size, ospeed, kind, "other", 7)
        actors = (box,) if time >= seen_from - 1e-9 else ()
        truth = truth_of(ego_at(x, y, speed, yaw), actors, tick, hits=hits)
        events += criteria.update(truth)
    return [event for event in events if event.kind.startswith("COLLISION")]


def truth_of(
    ego: Box,
    actors: Iterable[Box] = (),
    tick: int = 0,
    *,
    hits: frozenset[str] = frozenset(),
    beyond: float = -1.0,
) -> Truth:
    seen = Observation(tick, tick * DT, ego, (9.0, 0.0), Signals(), tuple(actors), 0.0, 200.0)
    fix = LaneFix(beyond, 0.0, in_junction=False, lane="lane")
    return Truth(seen, ROUTE, 0, 0.0, (), fix, hits=hits)


def test_who_is_run_into_from_behind_is_a_fault_told_in_words() -> None:
    (event,) = drive(straight(0, 0, 0, 6.0), still(10.0, 0.0))
    assert (event.kind, event.at_fault, event.strict) == ("COLLISION_VEHICLE", True, True)
    assert event.other == "other"
    assert event.message.startswith("ran into vehicle 7 at 6.0 m/s, which stood")
    assert "had been in view for" in event.message
    assert "1 s before it was 10." in event.message
    assert event.details["verdict"] == "fault"


def test_the_front_that_stops_short_touches_nobody() -> None:
    gap = 2.45 + 2.3

    def ego(time: float) -> tuple[float, float, float, float]:
        return min(0.0, 6 * time), 0.0, 0.0, 6.0 if time < 0 else 0.0

    assert not drive(ego, still(gap + 0.01, 0.0))
    assert drive(ego, still(gap - 0.01, 0.0))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("pedestrian", "COLLISION_PEDESTRIAN"),
        ("vehicle", "COLLISION_VEHICLE"),
        ("bicycle", "COLLISION_VEHICLE"),
        ("static", "COLLISION_STATIC"),
    ],
)
def test_each_kind_has_its_event(kind: Kind, expected: str) -> None:
    (event,) = drive(straight(0, 0, 0, 6.0), still(10.0, 0.0), kind=kind, size=(0.5, 0.5))
    assert event.kind == expected


@pytest.mark.parametrize(("speed", "at_fault"), [(0.29, False), (0.31, True)])
def test_who_stands_is_not_at_fault(speed: float, at_fault: bool) -> None:
    # The other one comes towards the vehicle, which creeps.
    (event,) = drive(straight(0, 0, 0, speed), straight(4.7, 0.0, math.pi, 5.0))
    assert event.at_fault is at_fault
    assert event.strict
    if not at_fault:
        assert "not at fault: the vehicle stood" in event.message


@pytest.mark.parametrize(("speed", "at_fault"), [(8.0, False), (1.9, True)])
def test_who_is_hit_from_behind_by_a_faster_one_is_not_at_fault(
    speed: float, at_fault: bool
) -> None:
    # The slower one is there by magic: it can only be the vehicle's doing.
    (event,) = drive(straight(0, 0, 0, 2.0), straight(-4.74, 0.0, 0.0, speed), seconds=0.2)
    assert event.at_fault is at_fault


def test_a_crossing_pedestrian_in_front_is_a_fault() -> None:
    ego = straight(0, 0, 0, 6.0)
    (event,) = drive(
        ego, straight(2.4, -0.5, math.pi / 2, 1.4), kind="pedestrian", size=(0.25, 0.25)
    )
    assert event.at_fault
    assert "walked from left to right at 1.4 m/s" in event.message


@pytest.mark.parametrize(("turns", "at_fault"), [(-1.0, False), (-2.5, True)])
def test_a_hit_in_the_side_is_a_fault_where_it_could_be_foreseen(
    turns: float, at_fault: bool
) -> None:
    # A car comes from the left into the middle of the flank. It stood until `turns`; a driver who
    # reacts and brakes needs 1.75 s, and 2.5 s before it had begun to drive straight towards them.
    speed = 4.0

    def car(time: float) -> tuple[float, float, float, float]:
        moving = max(time, turns)
        return -0.5, -3.3 + speed * moving, math.pi / 2, speed if time > turns else 0.0

    (event,) = drive(straight(0, 0, 0, 6.0), car, seconds=0.1)
    assert event.at_fault is at_fault
    if not at_fault:
        assert event.details["verdict"] == "into the side"


@pytest.mark.parametrize(("ago", "at_fault"), [(1.6, False), (1.9, True)])
def test_who_comes_into_view_too_late_is_not_the_vehicles_fault(ago: float, at_fault: bool) -> None:
    # 1 s to react and 6 / 8 s to brake.
    (event,) = drive(
        straight(0, 0, 0, 6.0), still(4.8, 0.0), seen_from=-ago, start=-4.0, seconds=0.2
    )
    assert event.at_fault is at_fault
    if not at_fault:
        assert event.details["verdict"] == "too late"


def test_those_who_are_there_from_the_beginning_did_not_come_into_view_late() -> None:
    (event,) = drive(straight(0, 0, 0, 6.0), still(4.8, 0.0), start=-1.0, seconds=0.2)
    assert event.at_fault


def test_the_same_actor_counts_once_in_five_seconds_and_places_within_three_metres() -> None:
    criteria = Criteria(ROUTE)

    def touch(time: float, x: float, name: str) -> int:
        other = Box(Pose(x + 3, 0.0, 0.0), 1.0, 0.9, 0.0, "vehicle", name, 1)
        return len(criteria.update(truth_of(ego_at(x), [other], round(time / DT))))

    assert touch(0.0, 0.0, "a") == 1
    assert touch(4.9, 20.0, "a") == 0  # the same one, less than 5 s later
    assert touch(5.1, 40.0, "a") == 1  # longer
    assert touch(5.2, 42.9, "b") == 0  # within 3 m of the last place
    assert touch(5.3, 43.1, "b") == 1
    assert touch(5.4, 49.0, "b") == 0  # moved on, but it's the same one
    assert touch(5.5, 43.2, "c") == 1  # the places have been forgotten more than 5 m away


def test_a_contact_that_was_no_fault_does_not_excuse_one_that_is() -> None:
    criteria = Criteria(ROUTE)
    front = Box(Pose(4.7, 0.0, 0.0), 2.3, 0.9, 0.0, "vehicle", "other", 1)
    found = criteria.update(truth_of(ego_at(0.0, speed=0.0), [front], 0))
    assert [(event.strict, event.at_fault) for event in found] == [(True, False)]
    assert criteria.update(truth_of(ego_at(0.0, speed=0.2), [front], 10)) == []
    found = criteria.update(truth_of(ego_at(0.1, speed=1.0), [front], 20))
    assert [(event.strict, event.at_fault) for event in found] == [(False, True)]
    assert criteria.score("strict").counts == {"COLLISION_VEHICLE": 1}
    assert criteria.score("at_fault").counts == {"COLLISION_VEHICLE": 1}


@pytest.mark.parametrize(("speed", "at_fault"), [(0.4, 0), (0.9, 0), (1.1, 1)])
def test_who_was_hit_in_front_while_standing_may_move_off_slowly(
    speed: float, at_fault: int
) -> None:
    criteria = Criteria(ROUTE)
    front = Box(Pose(4.7, 0.0, 0.0), 2.3, 0.9, 0.0, "vehicle", "other", 1)
    for tick in range(60):
        ego = ego_at(0.0, speed=speed if tick > 20 else 0.0)
        criteria.update(truth_of(ego, [front], tick))
    assert criteria.score("strict").counts == {"COLLISION_VEHICLE": 1}
    assert criteria.score("at_fault").counts.get("COLLISION_VEHICLE", 0) == at_fault


@pytest.mark.parametrize(
    ("after", "speed", "at_fault"),
    [
        (0.7, 0.4, 0),  # the same contact goes on
        (1.0, 0.9, 0),
        (1.0, 3.0, 1),  # it drives on into it
        (4.9, 0.9, 0),
        (5.1, 0.9, 1),  # that is another one, for the leaderboard, too
    ],
)
def test_who_is_touched_again_is_the_same_contact_for_five_seconds(
    after: float, speed: float, at_fault: int
) -> None:
    # Hit in the side by a car that began to come out only a second before; then they part, and it
    # stands in front.
    criteria = Criteria(ROUTE)
    start = 3.0

    def car(time: float) -> Box:
        if time <= start:
            moving = max(time - start, -1.0)
            pose = Pose(-0.5, -3.3 + 4.0 * moving, math.pi / 2)
            return Box(pose, 2.3, 0.9, 4.0 if time > start - 1 else 0.0, "vehicle", "other", 7)
        x = 4.7 if time >= start + after - 1e-6 else 9.0
        return Box(Pose(x, 0.0, 0.0), 2.3, 0.9, 0.0, "vehicle", "other", 7)

    events: list[Event] = []
    for tick in range(round((start + after) / DT) + 1):
        time = tick * DT
        x = 6 * min(0.0, time - start)
        ego = ego_at(x, speed=6.0 if time <= start else speed)
        events += criteria.update(truth_of(ego, [car(time)], tick))
    verdicts = [(event.details["verdict"], event.at_fault) for event in events]
    assert verdicts[0] == ("into the side", False)
    assert sum(fault for _, fault in verdicts) == at_fault
    assert criteria.score("at_fault").counts.get("COLLISION_VEHICLE", 0) == at_fault


def test_a_vehicle_that_came_too_late_stays_so_while_it_is_touched() -> None:
    events = drive(straight(0, 0, 0, 6.0), still(4.8, 0.0), seen_from=-1.6, start=-4.0, seconds=0.5)
    assert [event.details["verdict"] for event in events] == ["too late"]


@pytest.mark.parametrize(
    ("heading", "in_junction", "at_fault"),
    [
        (0.0, False, False),
        (math.pi, False, True),  # in the lane of those who come towards it
        (math.pi, True, False),
        (None, False, False),
    ],
)
def test_who_stands_in_a_lane_of_the_others_is_no_bystander(
    heading: float | None, in_junction: bool, at_fault: bool
) -> None:
    criteria = Criteria(ROUTE)
    events: list[Event] = []
    for tick in range(80):
        x = 4.7 + 5.0 * (3.5 - tick * DT)
        other = Box(Pose(x, 0.0, math.pi), 2.3, 0.9, 5.0, "vehicle", "other", 7)
        truth = truth_of(ego_at(0.0, speed=0.0), [other], tick)
        fix = LaneFix(-1.0, heading, in_junction=in_junction, lane="lane")
        events += criteria.update(dataclasses.replace(truth, fix=fix))
    (event,) = [event for event in events if event.kind == "COLLISION_VEHICLE"]
    assert event.at_fault is at_fault


@pytest.mark.parametrize(
    ("stood", "aside", "at_fault"),
    [
        (0.5, 0.0, True),  # it came to a stand across the other's course
        (1.5, 0.0, False),  # the other one could see it
        (0.5, 1.0, False),  # it had stopped short of the other's course, who swerved
    ],
)
def test_who_comes_to_a_stand_across_the_way_of_others(
    stood: float, aside: float, at_fault: bool
) -> None:
    # A car crosses from the left; the vehicle brakes in front of it. Contact at the time 0.
    def ego(time: float) -> tuple[float, float, float, float]:
        driving = min(0.0, time + stood)
        return 6.0 * driving, 0.0, 0.0, 6.0 if time < -stood else 0.0

    def car(time: float) -> tuple[float, float, float, float]:
        x = 1.0 if aside == 0 or time > -0.2 else 2.45 + 0.9 + aside
        return x, -3.35 + 5.0 * time, math.pi / 2, 5.0

    (event,) = drive(ego, car, seconds=0.2)
    assert event.at_fault is at_fault


def test_those_who_were_hit_leave_the_road() -> None:
    for kind, seconds in (("pedestrian", 1.5), ("vehicle", 4.0), ("bicycle", 4.0)):
        criteria = Criteria(ROUTE)
        other = Box(Pose(2.6, 0.0, 0.0), 0.5, 0.5, 0.0, kind, "other", 1)
        criteria.update(truth_of(ego_at(0.0), [other], 0))
        assert criteria.leaving(seconds - 0.01) == []
        assert criteria.leaving(seconds) == ["other"]
        assert criteria.leaving(seconds + 9) == []


def test_a_sensor_that_reports_a_known_actor_is_believed_if_they_are_near() -> None:
    hits = frozenset({"other"})
    assert drive(straight(0, 0, 0, 6.0), still(100.0, 1.9, 0.0), hits=hits) == []
    beside = drive(straight(0, 0, 0, 6.0), still(0.0, 2.2), hits=hits, seconds=0.5)
    assert [event.kind for event in beside] == ["COLLISION_VEHICLE"]
    assert not drive(straight(0, 0, 0, 6.0), still(0.0, 2.2), seconds=0.5)


def test_a_sensor_that_reports_something_unknown_has_met_an_obstacle() -> None:
    criteria = Criteria(ROUTE)
    (event,) = criteria.update(truth_of(ego_at(0.0), hits=frozenset({"pole"})))
    assert (event.kind, event.other, event.at_fault) == ("COLLISION_STATIC", "pole", True)
    assert criteria.update(truth_of(ego_at(0.1), tick=1, hits=frozenset({"pole"}))) == []


@pytest.mark.parametrize(("beyond", "count"), [(6.0, 0), (6.1, 1)])
def test_far_off_the_road_stand_buildings(beyond: float, count: int) -> None:
    criteria = Criteria(ROUTE)
    for tick in range(50):
        criteria.update(truth_of(ego_at(0.0), tick=tick, beyond=beyond))
    assert criteria.score().counts.get("COLLISION_STATIC", 0) == count


poses = st.builds(Pose, st.floats(-8, 8), st.floats(-8, 8), st.floats(-math.pi, math.pi))
boxes = st.builds(Box, poses, st.floats(0.2, 6), st.floats(0.2, 2))


@settings(max_examples=300, deadline=None)
@given(boxes, boxes)
def test_boxes_overlap_as_polygons_do(one: Box, other: Box) -> None:
    shapely = pytest.importorskip("shapely")
    a, b = shapely.Polygon(one.corners()), shapely.Polygon(other.corners())
    if one.overlaps(other):
        assert a.distance(b) < 1e-9
    else:
        assert a.intersection(b).area < 1e-9
