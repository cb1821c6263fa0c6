"""Drives: from the start to whatever ends them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace

import pytest

from langprop.driving.agents.agent import Agent, Decision, ScriptAgent
from langprop.driving.agents.drivers import Driver, read_driver
from langprop.driving.agents.expert import ExpertAgent
from langprop.driving.box import Box, Pose
from langprop.driving.control import Control
from langprop.driving.frames.recording import RecordedDrive
from langprop.driving.judging.drive import Drive, Tick, drive
from langprop.driving.judging.evaluate import gather
from langprop.driving.judging.table import table
from langprop.driving.learning.chauffeur import Chauffeur
from langprop.driving.observation import Observation
from langprop.driving.scene import Level
from langprop.driving.simulator import Simulator, Truth
from langprop.driving.task import RouteTask
from langprop.errors import SimulatorError
from langprop.executors.inline import InlineExecutor
from langprop.executors.local import LocalExecutor
from langprop.testing.straight_road import Extra, Lamp, StraightRoad

TASK = RouteTask("straight", "straight", ("road",))


class Always(Agent):
    """Decides the same in each tick."""

    name = "always"

    def __init__(self, level: Level = "MOVE", angle: float = 0.0) -> None:
        self.decision = Decision(level, angle)
        self.resets = 0

    def act(self, observation: Observation, truth: Truth) -> Decision:
        return self.decision

    def reset(self) -> None:
        self.resets += 1


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor]:
    with LocalExecutor(workers=1) as found:
        yield found


def walker(x: float, starts: float) -> Extra:
    return Extra(Box(Pose(x, -4.0, math.pi / 2), 0.25, 0.25, 1.5, "pedestrian"), starts)


def test_the_road_is_a_simulator() -> None:
    assert isinstance(StraightRoad(), Simulator)


def test_a_drive_tells_all_and_survives_json() -> None:
    road = StraightRoad(80, [walker(40.0, 5.5)], lamps=[Lamp(60.0, 99.0)])
    found = drive(road, TASK, 3, Always(), expert=ExpertAgent())
    assert (found.task, found.seed, found.agent) == ("straight", 3, "always")
    assert (found.ended, found.length, found.ticks) == (
        "ROUTE_COMPLETION",
        80.0,
        round(found.seconds * 20),
    )
    assert found.strict.counts == {"COLLISION_PEDESTRIAN": 1, "TRAFFIC_LIGHT_INFRACTION": 1}
    assert found.strict.driving == pytest.approx(35)
    assert found.levels == {"MOVE": found.ticks}
    assert found.agreement is not None
    assert 0.3 < found.agreement < 1
    assert found.failures == {}
    again = Drive.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
    assert again == found


def test_to_agree_is_the_same_in_a_drive_and_in_recorded_frames() -> None:
    # Behind one who stands the expert has a speed of its own: to MOVE is the way there for one who
    # is slower, though the expert's word is SLOW.
    ahead = Extra(Box(Pose(9.0, 0.0, 0.0), 2.3, 0.9, 0.0))
    recorded = RecordedDrive(StraightRoad(60, [ahead]), TASK, 0, ExpertAgent(), every=5)
    words = []

    def stop(tick: Tick) -> bool:
        if tick.expert is not None:
            words.append(tick.decision.level == tick.expert.level)
        return len(words) == 8

    road = StraightRoad(60, [ahead])
    found = drive(road, TASK, 0, Always(), expert=ExpertAgent(), every=5, on_tick=stop)
    for _ in range(found.ticks):
        recorded.tick(Always())
    assert found.agreement == recorded.agreed / recorded.frames
    assert found.agreement > sum(words) / len(words)


class Late(Always):
    """Starts later on each route."""

    def __init__(self) -> None:
        super().__init__()
        self.wait = -300

    def reset(self) -> None:
        self.wait += 300

    def act(self, observation: Observation, truth: Truth) -> Decision:
        decision = super().act(observation, truth)
        return decision._replace(level="STOP") if observation.tick < self.wait else decision


def test_like_expert_is_a_share_of_ticks_and_not_of_drives() -> None:
    tasks = [TASK, replace(TASK, name="other")]
    late, drives = Late(), []
    for task in tasks:
        drives.append(drive(StraightRoad(60), task, 0, late, expert=ExpertAgent()))
    assert drives[1].asked > 2 * drives[0].asked
    shares = [each.agreement or 0.0 for each in drives]
    share = sum(each * of.asked for each, of in zip(shares, drives, strict=True))
    share /= sum(each.asked for each in drives)
    assert abs(share - sum(shares) / 2) > 0.1
    text = table(gather(drives, [Driver(late.name)], tasks, [0]))
    [line] = [line for line in text.splitlines() if line.startswith(late.name) and "%" in line]
    assert line.split()[-2:] == [f"{100 * share:.0f}", "%"]

    chauffeur, late = Chauffeur(tasks, StraightRoad(60), shuffle=False), Late()
    chauffeur.begin(0)
    for _ in tasks:
        assert chauffeur.depart()
        late.reset()
        assert chauffeur.drive is not None
        while not chauffeur.drive.done:
            chauffeur.tick(late)
        figures = chauffeur.arrive()
    assert figures["drive/agreement"] == pytest.approx(share)


def test_the_same_drive_has_the_same_hash_and_another_one_has_not() -> None:
    road = StraightRoad(40, [walker(20.0, 2.0)])
    first = drive(road, TASK, 0, Always())
    assert drive(road, TASK, 0, Always()) == first
    assert drive(StraightRoad(40, [walker(20.0, 2.0)]), TASK, 0, Always()) == first
    assert drive(road, TASK, 1, Always()).hash != first.hash
    assert drive(road, TASK, 0, ExpertAgent()).hash != first.hash


def test_who_never_starts_scores_nothing() -> None:
    found = drive(StraightRoad(300), TASK, 0, Always("STOP"))
    assert found.ended == "VEHICLE_BLOCKED"
    assert found.strict.driving == found.strict.completion == 0
    assert drive(StraightRoad(50), TASK, 0, Always("STOP")).ended == "ROUTE_TIMEOUT"


def test_who_turns_away_leaves_the_lanes_the_road_and_the_route() -> None:
    found = drive(StraightRoad(200), TASK, 0, Always("MOVE", 5.0))
    kinds = [event.kind for event in found.events]
    assert "COLLISION_STATIC" in kinds
    assert "OUTSIDE_ROUTE_LANES" in kinds
    assert found.strict.completion < 50
    assert found.strict.outside > 0


def test_those_who_were_hit_are_taken_off_the_road() -> None:
    parked = Extra(Box(Pose(20.0, 0.0, 0.0), 2.3, 0.9, 0.0))
    seen = []
    found = drive(
        StraightRoad(80, [parked]),
        TASK,
        0,
        Always(),
        on_tick=lambda tick: seen.append(
            (tick.after.observation.time, tick.after.observation.actors)
        ),
    )
    (event,) = [event for event in found.events if event.kind == "COLLISION_VEHICLE"]
    there = [time for time, actors in seen if actors]
    assert event.time + 3.9 < max(there) < event.time + 4.2


def test_a_tick_has_what_was_and_what_came_of_it() -> None:
    ticks: list[Tick] = []

    def stop_after_five(tick: Tick) -> bool:
        ticks.append(tick)
        return len(ticks) == 5

    agent = Always()
    found = drive(
        StraightRoad(), TASK, 0, agent, expert=ExpertAgent(), every=2, on_tick=stop_after_five
    )
    assert (found.ended, found.ticks, agent.resets) == ("STOPPED", 5, 1)
    assert [tick.observation.tick for tick in ticks] == [0, 1, 2, 3, 4]
    assert [tick.after.observation.tick for tick in ticks] == [1, 2, 3, 4, 5]
    assert [tick.expert is None for tick in ticks] == [False, True, False, True, False]
    assert all(tick.decision == agent.decision for tick in ticks)
    assert ticks[0].control.throttle > 0
    with pytest.raises(ValueError, match="every must be at least 1"):
        drive(StraightRoad(), TASK, 0, agent, every=0)


def test_failures_are_counted_and_end_nothing(executor: LocalExecutor) -> None:
    source = """
def predict_speed_and_steering(scene_info):
    x = scene_info["ego_location_world_coord"][0]
    if 10 < x < 12:
        raise ValueError("too hot")
    return "MOVE", float("nan") if 20 < x < 21 else 0.0
"""
    with ScriptAgent(source, executor) as agent:
        found = drive(StraightRoad(40), TASK, 0, agent, expert=ExpertAgent(), every=1)
    assert found.ended == "ROUTE_COMPLETION"
    assert set(found.failures) == {"exception", "bad_output"}
    assert found.errors["ValueError: too hot"] == found.failures["exception"]
    assert found.agreement is not None
    assert found.agreement < 1  # whoever fails doesn't agree


def test_without_isolation_a_random_policy_drives_the_same_way_again() -> None:
    source = """
import random
def predict_speed_and_steering(scene_info):
    return random.choice(["MOVE", "MOVE", "SLOW"]), random.uniform(-1, 1)
"""
    with InlineExecutor() as inline, ScriptAgent(source, inline) as agent:
        one, two = (drive(StraightRoad(40), TASK, 0, agent) for _ in range(2))
    assert one == replace(two, wall=one.wall)


def test_the_policy_that_copies_its_speed_never_starts(executor: LocalExecutor) -> None:
    with read_driver("copycat").agent(executor) as agent:
        found = drive(StraightRoad(50), TASK, 0, agent)
        assert (found.strict.driving, found.levels) == (0.0, {"STOP": found.ticks})
        # Causal confusion shows without a drive: at speed, it goes on.
        road = StraightRoad(50)
        road.reset(TASK, 0)
        truth = road.truth()
        assert agent.act(truth.observation, truth).level == "STOP"
        for _ in range(60):
            road.step(Control(0.0, 0.75, 0.0))
        truth = road.truth()
        assert agent.act(truth.observation, truth).level == "MOVE"


def test_a_simulator_that_breaks_is_an_error() -> None:
    with pytest.raises(SimulatorError, match="broke"):
        drive(StraightRoad(breaks_on="straight"), TASK, 0, Always())
