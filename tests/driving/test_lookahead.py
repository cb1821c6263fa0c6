"""Infractions reach the frames before them, and no others."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.driving.box import Box, Pose
from langprop.driving.event import Event
from langprop.driving.frames.frame import Answer, Frame, same, turned
from langprop.driving.frames.lookahead import Lookahead, propagate
from langprop.driving.observation import Observation, Signals

EGO = Box(Pose(0.0, 0.0, 0.0), 2.45, 1.06, 3.0)


def frame(tick, **changes):
    seen = Observation(tick, tick * 0.05, EGO, (5.0, 0.0), Signals(), (), 0.0, 100.0)
    made = Frame(seen, Answer("STOP", 0.0), Answer("MOVE", 0.0))
    return dataclasses.replace(made, **changes)


def event(tick, kind="COLLISION_PEDESTRIAN", **changes):
    return Event(kind, tick, tick * 0.05, 0.0, (0.0, 0.0), **{"message": f"at {tick}", **changes})


def marked(frames):
    return [each.observation.tick for each in frames if each.infraction]


def streamed(frames, events, lookahead, every):
    """As in a drive: a frame is recorded before its tick is driven, events are noticed after it."""
    window, found = Lookahead(lookahead, every), []
    last = max([each.observation.tick for each in frames] + [each.tick for each in events] + [0])
    for tick in range(last + 1):
        for each in events:
            if each.tick == tick:
                found += window.mark(each)
        for each in frames:
            if each.observation.tick == tick:
                found += window.add(each)
    return found + window.end()


def test_the_last_four_frames_before_an_infraction_learn_of_it():
    found = propagate([frame(tick) for tick in range(0, 100, 10)], [event(55)])
    assert marked(found) == [20, 30, 40, 50]
    assert [round(each.ahead, 3) for each in found if each.infraction] == [1.75, 1.25, 0.75, 0.25]
    assert found[2].message == "at 55"
    assert found[2].infraction == "COLLISION_PEDESTRIAN"


def test_a_frame_of_the_very_tick_saw_what_was_there_afterwards():
    assert marked(propagate([frame(tick) for tick in range(0, 60, 10)], [event(50)])) == [
        10,
        20,
        30,
        40,
    ]


def test_of_two_infractions_a_frame_gets_the_next_one():
    found = propagate([frame(tick) for tick in range(0, 60, 10)], [event(45), event(25)])
    assert [each.message for each in found] == ["at 25"] * 3 + ["at 45"] * 2 + [""]


@pytest.mark.parametrize(
    "harmless",
    [
        event(55, at_fault=False),
        event(55, "VEHICLE_BLOCKED"),
        event(55, "ROUTE_TIMEOUT"),
        event(55, "ROUTE_COMPLETION"),
    ],
)
def test_what_the_driver_has_no_part_in_marks_nothing(harmless):
    assert marked(propagate([frame(tick) for tick in range(0, 100, 10)], [harmless])) == []


def test_straying_marks_frames():
    found = propagate([frame(tick) for tick in range(0, 60, 10)], [event(55, "ROUTE_DEVIATION")])
    assert marked(found) == [20, 30, 40, 50]


def test_nothing_is_held_back_for_longer_than_the_lookahead():
    window = Lookahead(4, 10)
    for tick in range(0, 1000, 10):
        window.add(frame(tick))
        assert len(window.held) <= 5


def test_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="every at least 1"):
        Lookahead(4, 0)
    with pytest.raises(ValueError, match="frames must be 0 or more"):
        Lookahead(-1)


@given(
    st.lists(st.integers(0, 120), unique=True, max_size=20).map(sorted),
    st.lists(st.tuples(st.integers(1, 130), st.booleans()), max_size=6),
    st.integers(0, 6),
    st.integers(1, 12),
)
@settings(max_examples=100, deadline=None)
def test_marking_while_driving_is_marking_afterwards(ticks, happened, lookahead, every):
    frames = [frame(tick) for tick in ticks]
    events = [event(tick, at_fault=fault) for tick, fault in happened]
    events.sort(key=lambda each: each.tick)
    found = streamed(frames, events, lookahead, every)
    assert [each.observation.tick for each in found] == ticks
    assert found == propagate(frames, events, lookahead=lookahead, every=every)
    for each in found:
        tick = each.observation.tick
        after = [e for e in events if e.at_fault and 0 < e.tick - tick <= lookahead * every]
        assert bool(each.infraction) == bool(after)


@given(st.floats(-180, 180), st.floats(-180, 180))
@settings(max_examples=50, deadline=None)
def test_angles_repeat(one, other):
    assert 0 <= turned(one, other) <= 180
    assert turned(one, other) == pytest.approx(turned(one + 360, other), abs=1e-9)
    assert same(("MOVE", one), ("MOVE", one))
    assert not same(("MOVE", one), ("STOP", one))


def test_the_angle_may_differ_by_ten_degrees():
    assert same(("MOVE", 0.0), ("MOVE", 10.0))
    assert not same(("MOVE", 0.0), ("MOVE", 10.1))
    assert same(("MOVE", -175.0), ("MOVE", 178.0))


@pytest.mark.parametrize(
    ("speed", "expected"), [(0.0, "MOVE"), (2.7, "MOVE"), (2.8, "SLOW"), (5.0, "SLOW")]
)
def test_a_policy_reaches_the_experts_speed_with_its_own_three(speed, expected):
    ego = dataclasses.replace(EGO, speed=speed)
    one = frame(0)
    seen = dataclasses.replace(one.observation, ego=ego)
    slow = Answer("SLOW", 3.0)
    one = dataclasses.replace(one, observation=seen, expert=slow, expert_speed=3.0)
    assert one.wanted == (expected, 3.0)
    assert dataclasses.replace(one, expert_speed=None).wanted == slow
