"""How the ego moves."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.driving.box import Pose
from langprop.driving.control import Control
from langprop.driving.sumo.bicycle import MAX_BRAKING, Bicycle

DT = 0.05
START = Pose(0.0, 0.0, 0.0)


def driven(control: Control, seconds: float, speed: float = 0.0) -> Bicycle:
    bicycle = Bicycle(START)
    bicycle.speed = speed
    for _ in range(round(seconds / DT)):
        bicycle.step(control, DT)
    return bicycle


def test_it_stands_until_it_is_driven():
    bicycle = driven(Control(), 10.0)
    assert (bicycle.x, bicycle.y, bicycle.yaw, bicycle.speed) == (0.0, 0.0, 0.0, 0.0)


def test_throttle_takes_it_straight_ahead():
    bicycle = driven(Control(throttle=1.0), 3.0)
    assert bicycle.y == 0.0
    assert bicycle.x == pytest.approx(14.6, abs=0.5)
    assert bicycle.speed == pytest.approx(9.5, abs=0.3)


def test_full_brake_stops_it_at_eight_metres_per_second_squared_and_not_backwards():
    bicycle = driven(Control(brake=1.0), 3.0, speed=8.0)
    assert bicycle.speed == 0.0
    assert bicycle.x == pytest.approx(8.0**2 / (2 * MAX_BRAKING), abs=0.6)


def test_a_positive_steer_turns_to_the_right_which_is_south_of_east():
    bicycle = driven(Control(steer=0.3), 1.0, speed=4.0)
    assert bicycle.y > 0.5
    assert bicycle.yaw > 0.2


def test_left_and_right_are_mirror_images():
    right = driven(Control(steer=0.4, throttle=0.5), 4.0)
    left = driven(Control(steer=-0.4, throttle=0.5), 4.0)
    assert (left.x, left.y, left.yaw) == pytest.approx((right.x, -right.y, -right.yaw))


def test_its_circle_at_low_speed_is_that_of_its_wheelbase():
    bicycle = Bicycle(START)
    bicycle.speed = 1.0
    ys = []
    for _ in range(2_000):
        bicycle.speed = 1.0
        bicycle.step(Control(steer=0.5), DT)
        ys.append(bicycle.y)
    wheels = math.radians(35)
    slip = math.atan(0.5 * math.tan(wheels))
    radius = 2.86 / (math.cos(slip) * math.tan(wheels))  # of the centre's circle
    assert max(ys) - min(ys) == pytest.approx(2 * radius, rel=0.05)


def test_the_tyres_hold_no_more_than_eight_metres_per_second_squared():
    bicycle = Bicycle(START)
    bicycle.speed = 20.0
    for _ in range(20):
        before, speed = bicycle.yaw, bicycle.speed
        bicycle.step(Control(steer=1.0), DT)
        assert abs(bicycle.yaw - before) / DT * min(speed, bicycle.speed) <= 8.0 + 1e-6


@given(
    st.lists(
        st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=60
    )
)
@settings(max_examples=50, deadline=None)
def test_it_never_jumps_reverses_or_breaks(controls):
    bicycle = Bicycle(START)
    for control in controls:
        x, y = bicycle.x, bicycle.y
        bicycle.step(Control(*control), DT)
        assert 0.0 <= bicycle.speed <= 60.0
        assert -math.pi <= bicycle.yaw < math.pi
        assert math.hypot(bicycle.x - x, bicycle.y - y) <= bicycle.speed * DT + 1e-9


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_control_that_is_no_number_is_refused_in_words_and_changes_nothing(bad):
    bicycle = driven(Control(throttle=1.0), 1.0)
    before = (bicycle.x, bicycle.y, bicycle.yaw, bicycle.speed)
    for control in (Control(steer=bad), Control(throttle=bad), Control(brake=bad)):
        with pytest.raises(ValueError, match="finite"):
            bicycle.step(control, DT)
    assert (bicycle.x, bicycle.y, bicycle.yaw, bicycle.speed) == before


def test_the_front_is_half_a_length_ahead():
    bicycle = Bicycle(Pose(10.0, 20.0, math.pi / 2))
    assert bicycle.front == pytest.approx((10.0, 22.45))
    assert bicycle.box.half_length == 2.45
    assert bicycle.box.id == "ego"
