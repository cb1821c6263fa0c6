"""Scripted dangers: each can be avoided, and none waits for ever."""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.driving.box import Box, Pose
from langprop.driving.control import Control
from langprop.driving.maps.routing import plan_route
from langprop.driving.maps.suites import suite
from langprop.driving.maps.towns import town
from langprop.driving.sumo.bicycle import Bicycle
from langprop.driving.sumo.hazards import plan_hazards
from langprop.driving.sumo.jaywalker import Jaywalker, Way
from langprop.driving.sumo.leader import BrakingLeader
from langprop.driving.task import Hazards

DT = 0.05
PLACE = 60.0  # where they cross a road that leads east
ROAD = {  # from the near sidewalk (south) over two lanes to the far one, and the other way round
    "near": Way(PLACE, (PLACE, 2.75), (PLACE, -6.25), (PLACE, 0.0)),
    "far": Way(PLACE, (PLACE, -6.25), (PLACE, 2.75), (PLACE, 0.0)),
}


@dataclass
class Road:
    """A straight road, on which the ego drives along the x axis."""

    ego: Box
    actors: list[Box] = field(default_factory=list)
    tick: int = 0
    dt: float = DT
    halted: dict[str, str] = field(default_factory=dict)

    @property
    def position(self):
        return self.ego.pose.x

    def halt(self, actor, by, braking):
        self.halted[actor] = by

    def release(self, actor, by):
        self.halted.pop(actor, None)


def ride(walker, control, *, x=0.0, speed=0.0, seconds=40.0):
    """Drive at a walker; whether they met, and when it left."""
    bicycle = Bicycle(Pose(x, 0.0, 0.0))
    bicycle.speed = speed
    road = Road(bicycle.box)
    started = None
    for tick in range(round(seconds / DT)):
        bicycle.step(control(tick * DT, started, bicycle), DT)
        road.ego, road.tick = bicycle.box, tick
        walker.update(road)
        if started is None and walker.state != "waiting":
            started = tick * DT
        if walker.box is not None and bicycle.box.overlaps(walker.box):
            return True, started
    return False, started


def hold(speed):
    """Keep a speed."""
    return lambda time, started, car: Control(0.0, 1.0 if car.speed < speed else 0.0, 0.0)


def careful(speed, reaction):
    """Keep a speed; brake as hard as one can, some time after the walker left, until it's over."""

    def control(time, started, car):
        if started is not None and time >= started + reaction and time < started + 12.0:
            return Control(brake=1.0)
        return hold(speed)(time, started, car)

    return control


@given(
    st.sampled_from(sorted(ROAD)),
    st.floats(2.0, 13.0),
    st.floats(-0.7, 0.7),
    st.floats(1.1, 2.0),
)
@settings(max_examples=60, deadline=None)
def test_who_reacts_within_a_second_and_brakes_does_not_run_into_a_jaywalker(
    side, speed, offset, pace
):
    walker = Jaywalker("jaywalker0", ROAD[side], offset=offset, pace=pace)
    met, started = ride(walker, careful(speed, 1.0), speed=speed)
    assert started is not None
    assert not met
    assert walker.state == "over"


@given(st.sampled_from(sorted(ROAD)), st.floats(-0.7, 0.7), st.floats(1.1, 2.0))
@settings(max_examples=30, deadline=None)
def test_who_keeps_to_six_metres_per_second_runs_into_every_jaywalker(side, offset, pace):
    walker = Jaywalker("jaywalker0", ROAD[side], offset=offset, pace=pace)
    met, _ = ride(walker, hold(6.0), speed=6.0)
    assert met


@pytest.mark.parametrize("side", sorted(ROAD))
@pytest.mark.parametrize("gap", [28.0, 15.0, 6.0, 3.5, 2.0, 0.8, 0.3, -1.0, -4.0])
def test_no_jaywalker_waits_for_an_ego_that_waits_for_it(side, gap):
    walker = Jaywalker("jaywalker0", ROAD[side], offset=0.0, pace=1.5)
    met, _ = ride(walker, lambda *_: Control(brake=1.0), x=PLACE - 2.45 - gap, seconds=30)
    assert walker.state in ("over", "gone")
    assert not met, "it walked into an ego that stood there"


def test_an_ego_that_passes_before_it_is_no_wall_to_walk_into():
    walker = Jaywalker("jaywalker0", ROAD["near"], offset=0.0, pace=1.5)
    # It accelerates hard from where the walker waits for it, and doesn't look.
    met, _ = ride(walker, lambda *_: Control(throttle=1.0), x=PLACE - 4.0)
    assert not met


def test_vehicles_stop_for_a_jaywalker_and_drive_on_behind_it():
    walker = Jaywalker("jaywalker0", ROAD["near"], offset=0.0, pace=1.5)
    oncoming = Box(Pose(PLACE + 10.0, -3.5, math.pi), 2.3, 0.95, 6.0, "vehicle", "car1", 1)
    road = Road(Bicycle(Pose(PLACE - 20.0, 0.0, 0.0)).box, [oncoming])
    ever = False
    for tick in range(600):
        road.tick = tick
        walker.update(road)
        ever |= "car1" in road.halted
    assert walker.state == "over"
    assert ever
    assert not road.halted


def test_a_jaywalker_that_was_hit_is_gone():
    walker = Jaywalker("jaywalker0", ROAD["near"], offset=0.0, pace=1.5)
    walker.remove()
    walker.update(Road(Bicycle(Pose(0.0, 0.0, 0.0)).box))
    assert walker.box is None


@given(st.floats(3.0, 12.0), st.floats(2.6, 12.0), st.floats(0.5, 30.0))
@settings(max_examples=100, deadline=None)
def test_who_reacts_within_a_second_and_brakes_does_not_run_into_a_braking_leader(
    speed, leading, gap
):
    leader = BrakingLeader("leader0", 30.0, 2.0)
    ego = Bicycle(Pose(40.0, 0.0, 0.0))
    ego.speed = speed
    x, half = 40.0 + 2.45 + gap + 2.3, 2.3
    box = Box(Pose(x, 0.0, 0.0), half, 0.95, leading, "vehicle", "car1", 1)
    road = Road(ego.box, [box])
    leader.update(road)
    if not road.halted:
        return
    for tick in range(400):
        ego.step(Control(brake=float(tick * DT >= 1.0)), DT)
        leading = max(0.0, leading - 7.0 * DT)
        x += leading * DT
        assert x - half - ego.front[0] > 0.0
    road.tick = 400
    leader.update(road)
    assert not road.halted, "it stands for ever"


def test_a_leader_brakes_in_front_and_on_the_same_lane_only():
    for pose, speed in [
        (Pose(30.0, 0.0, 0.0), 6.0),  # behind
        (Pose(52.0, 3.5, 0.0), 6.0),  # on the lane beside
        (Pose(52.0, 0.0, math.pi), 6.0),  # oncoming
        (Pose(52.0, 0.0, 0.0), 1.0),  # creeping
        (Pose(90.0, 0.0, 0.0), 6.0),  # far
    ]:
        ego = Bicycle(Pose(40.0, 0.0, 0.0))
        ego.speed = 2.0
        road = Road(ego.box, [Box(pose, 2.3, 0.95, speed, "vehicle", "car1", 1)])
        BrakingLeader("leader0", 30.0, 2.0).update(road)
        assert not road.halted


@pytest.fixture(scope="module", params=["training", "long"])
def planned(request):
    """Dangers of a route, many of them."""
    found = []
    for task in suite(request.param)[::9]:
        place = town(task.town)
        route = plan_route(place.network, task)
        inside = lambda x, y, lanes=place.lanes: lanes.fix(x, y).in_junction  # noqa: E731
        hazards = plan_hazards(Hazards(3.0, 3.0), place.network, route, inside, "1 2")
        again = plan_hazards(Hazards(3.0, 3.0), place.network, route, inside, "1 2")
        other = plan_hazards(Hazards(3.0, 3.0), place.network, route, inside, "1 3")
        found.append((place, route, hazards, again, other))
    return found


def walkers(hazards):
    return [each for each in hazards if each.box is not None]


def test_there_are_jaywalkers(planned):
    assert sum(len(walkers(hazards)) for _, _, hazards, *_ in planned) >= 2 * len(planned)


def test_no_jaywalker_begins_in_a_lane(planned):
    for place, _, hazards, *_ in planned:
        for each in walkers(hazards):
            x, y, _ = each.box.pose
            assert place.lanes.fix(x, y).beyond > 0.25


def test_jaywalkers_cross_the_route_away_from_stop_lines(planned):
    for _, route, hazards, *_ in planned:
        for each in walkers(hazards):
            away = np.hypot(*(route.points - each.box.pose[:2]).T)
            nearest = float(route.positions[int(away.argmin())])
            assert away.min() < 20.0
            for line in route.stop_lines:
                assert abs(line.position - nearest) > 8.0


def test_dangers_follow_from_the_seed(planned):
    for _, _, hazards, again, other in planned:
        place = [(each.name, each.box) for each in hazards]
        assert place == [(each.name, each.box) for each in again]
        assert place != [(each.name, each.box) for each in other]
