"""How far along its route a vehicle is, and what is ahead."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.driving.route import Route, StopLine
from langprop.driving.tracking import Tracker


def route_along(points, stop_lines=()):
    points = np.asarray(points, dtype=float)
    steps = np.hypot(*np.diff(points, axis=0).T)
    directions = np.gradient(points, axis=0)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return Route(points, directions, np.r_[0.0, np.cumsum(steps)], frozenset(), tuple(stop_lines))


def straight(length=100, stop_lines=()):
    return route_along([(i, 0.0) for i in range(length + 1)], stop_lines)


def stop(position, kind="light"):
    return StopLine(position, kind, (position, 0.0), (1.0, 0.0))


def drive(tracker, xs, y=0.0, speed=5.0):
    for x in xs:
        tracker.update(float(x), y, speed)


def test_it_begins_at_the_start():
    tracker = Tracker(straight())
    tracker.update(0.0, 0.0, 0.0)
    assert (tracker.index, tracker.position, tracker.off_route) == (0, 0.0, 0.0)
    assert tracker.target == (5.0, 0.0)


def test_position_is_the_foot_of_the_perpendicular():
    tracker = Tracker(straight())
    drive(tracker, np.arange(0, 20.31, 0.3), y=1.5)
    assert tracker.index == 20
    assert tracker.position == pytest.approx(20.1, abs=0.01)
    assert tracker.off_route == pytest.approx(1.5)


def test_the_target_is_the_first_point_more_than_four_metres_away():
    tracker = Tracker(straight())
    drive(tracker, np.arange(0, 10.5, 0.5), y=3.0)
    # From (10, 3): (12, 0) is 3.6 m away, (13, 0) is 4.2 m away.
    assert tracker.target == (13.0, 0.0)


def test_beyond_the_goal_it_aims_straight_on_and_never_back():
    tracker = Tracker(straight(30))
    drive(tracker, np.arange(0, 40, 0.5))
    assert tracker.index == 30
    assert tracker.position == 30.0
    x, y = tracker.target
    assert x > 39.5 + 4.0
    assert y == pytest.approx(0.0)


def test_it_does_not_go_back():
    tracker = Tracker(straight())
    drive(tracker, np.arange(0, 30, 0.5))
    best = tracker.index
    drive(tracker, np.arange(30, 10, -0.5))
    assert tracker.index == best


def test_at_most_three_points_in_a_step_so_that_a_bend_is_no_short_cut():
    # There and back, 6 m apart: who crosses over doesn't pass what lies between.
    out = [(i, 0.0) for i in range(51)]
    over = [(50.0, i) for i in range(1, 6)]
    back = [(50 - i, 6.0) for i in range(51)]
    tracker = Tracker(route_along(out + over + back))
    drive(tracker, np.arange(0, 20.5, 0.5))
    assert tracker.index == 19
    for y in np.arange(0, 6.5, 0.5):  # over to the way back
        tracker.update(20.5, float(y), 5.0)
    assert tracker.index <= 21
    assert tracker.off_route == pytest.approx(6.0)


def test_who_is_far_away_passes_nothing():
    tracker = Tracker(straight())
    for x in range(0, 100, 2):
        tracker.update(float(x), 31.0, 5.0)
    assert tracker.index == 0
    assert tracker.off_route > 30.0


def test_who_comes_back_to_the_route_catches_up():
    tracker = Tracker(straight())
    drive(tracker, [25.0] * 40)
    assert tracker.index == 24  # of 25, it isn't in front


@pytest.mark.parametrize(
    ("x", "distance"), [(7.9, None), (8.1, 49.9), (30.0, 28.0), (58.4, -0.4), (58.6, None)]
)
def test_a_red_light_is_told_from_50_m_before_to_half_a_metre_behind_its_trigger(x, distance):
    tracker = Tracker(straight(stop_lines=[stop(60.0)]))
    drive(tracker, np.r_[np.arange(0, x, 0.5), x])
    red = tracker.signals(["red"]).red_light
    assert red == (None if distance is None else pytest.approx(distance, abs=0.01))


def test_only_lights_that_are_red_or_yellow_count():
    tracker = Tracker(straight(stop_lines=[stop(20.0)]))
    tracker.update(0.0, 0.0, 0.0)
    found = {state: tracker.signals([state]) for state in ("green", "yellow", "red", "off")}
    assert [found[state].red_light for state in found] == [None, 18.0, 18.0, None]
    assert [found[state].light_state for state in found] == list(found)
    assert found["red"].light_id == 0


def test_behind_a_green_light_the_next_red_one_counts():
    tracker = Tracker(straight(stop_lines=[stop(20.0), stop(40.0)]))
    tracker.update(0.0, 0.0, 0.0)
    seen = tracker.signals(["green", "red"])
    assert (seen.red_light, seen.light_id, seen.light_state) == (38.0, 1, "green")


def test_lights_and_signs_do_not_hide_each_other():
    tracker = Tracker(straight(stop_lines=[stop(20.0, "stop"), stop(40.0)]))
    tracker.update(0.0, 0.0, 0.0)
    seen = tracker.signals(["off", "red"])
    assert (seen.stop_sign, seen.stop_id, seen.red_light, seen.light_id) == (18.0, 0, 38.0, 1)


@pytest.mark.parametrize(
    ("x", "speed", "stopped"),
    [
        (29.5, 0.0, False),  # more than 10 m before the line
        (30.5, 0.0, True),
        (38.0, 0.09, True),
        (38.0, 0.11, False),
        (41.5, 0.0, True),
        (42.5, 0.0, False),  # more than 2 m beyond it
    ],
)
def test_a_stop_is_complete_for_who_stands_in_the_approach(x, speed, stopped):
    tracker = Tracker(straight(stop_lines=[stop(40.0, "stop")]))
    drive(tracker, np.arange(0, x, 0.5))
    tracker.update(x, 0.0, speed)
    assert tracker.completed == ({0} if stopped else set())


def test_a_completed_stop_is_told_with_its_distance():
    tracker = Tracker(straight(stop_lines=[stop(40.0, "stop")]))
    drive(tracker, np.arange(0, 37, 0.5))
    assert not tracker.signals(["off"]).stop_completed
    tracker.update(36.0, 0.0, 0.0)
    seen = tracker.signals(["off"])
    assert seen.stop_completed
    assert seen.stop_sign == pytest.approx(1.5, abs=0.6)


def test_standing_at_a_light_is_no_stop_at_a_sign():
    tracker = Tracker(straight(stop_lines=[stop(10.0), stop(60.0, "stop")]))
    drive(tracker, np.r_[np.arange(0, 7, 0.5), [7.0] * 20], speed=0.0)
    assert tracker.completed == set()


def test_a_route_of_two_points():
    tracker = Tracker(route_along([(0.0, 0.0), (0.5, 0.0)]))
    tracker.update(0.6, 0.1, 1.0)
    assert tracker.index == 1
    assert tracker.off_route == pytest.approx(math.hypot(0.1, 0.1))
    assert tracker.signals([]).red_light is None


@given(
    st.lists(st.tuples(st.floats(0, 1.4), st.floats(-3, 3)), max_size=80),
    st.floats(-0.03, 0.03),
)
@settings(max_examples=50, deadline=None)
def test_on_a_bend_it_agrees_with_the_nearest_point(moves, curvature):
    turn = np.cumsum(np.full(120, curvature))
    line = np.c_[np.cumsum(np.cos(turn)), np.cumsum(np.sin(turn))]
    tracker = Tracker(route_along(line))
    s = 0.0
    for ahead, aside in moves:
        s = min(s + ahead, 118.0)
        i, rest = int(s), s - int(s)
        x, y = line[i] + rest * (line[i + 1] - line[i])
        u, v = line[i + 1] - line[i]
        x, y = x - aside * v, y + aside * u
        before = tracker.index
        tracker.update(x, y, 5.0)
        assert before <= tracker.index <= before + 3
        assert tracker.position == pytest.approx(s, abs=1.2)
        assert tracker.off_route == pytest.approx(abs(aside), abs=0.2)
