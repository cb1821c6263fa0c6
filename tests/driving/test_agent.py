"""Agents: scripts that drive in isolation, what they fall back on, and the pedals."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from langprop.driving.agents.agent import Decision, ScriptAgent
from langprop.driving.agents.pid import PID, Pilot
from langprop.driving.box import Box, Pose
from langprop.driving.observation import Observation, Signals
from langprop.driving.simulator import LaneFix, Truth
from langprop.executors.inline import InlineExecutor
from langprop.executors.local import LocalExecutor
from langprop.sandbox.limits import Limits
from langprop.testing.straight_road import straight_route

CAR = Box(Pose(10.0, 1.0, 0.0), 2.3, 0.9, 5.0, "vehicle", "car1", 4)
WALKER = Box(Pose(3.0, -2.0, 1.0), 0.25, 0.25, 1.2, "pedestrian", "p1", 2)


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor]:
    with LocalExecutor(workers=1) as found:
        yield found


NONE = Signals()


def seen(speed: float = 2.0, signals: Signals = NONE) -> Observation:
    ego = Box(Pose(1.0, 2.0, 0.5), 2.45, 1.06, speed, "vehicle", "ego")
    return Observation(0, 0.0, ego, (5.0, 2.0), signals, (CAR, WALKER), 0.0, 100.0)


def act(agent: ScriptAgent, observation: Observation | None = None) -> Decision:
    observation = seen() if observation is None else observation
    truth = Truth(observation, straight_route(100), 0, 0.0, (), LaneFix(-1, 0.0, in_junction=False))
    return agent.act(observation, truth)


SOURCE = """
import numpy as np

calls = 0

def predict_speed_and_steering(scene_info):
    global calls
    calls += 1
    assert isinstance(scene_info["vehicles"][4]["location_world_coord"], np.ndarray)
    scene_info["ego_location_world_coord"] += 5.0  # the script may change what it gets
    scene_info["vehicles"].clear()
    print("hello")
    return ("MOVE" if len(scene_info["pedestrians"]) == 1 else "STOP"), float(calls)
"""


@pytest.mark.parametrize("kind", ["local", "inline"])
def test_a_script_drives_and_its_state_lives_for_one_route(
    kind: str, executor: LocalExecutor
) -> None:
    observation = seen()
    with ScriptAgent(SOURCE, executor if kind == "local" else InlineExecutor()) as agent:
        assert act(agent, observation) == Decision("MOVE", 1.0)
        assert act(agent, observation) == Decision("MOVE", 2.0)
        agent.reset()
        assert act(agent, observation) == Decision("MOVE", 1.0)
    assert observation == seen()


def test_what_fails_falls_back_on_the_last_good_decision(executor: LocalExecutor) -> None:
    source = """
answers = [1 / 1, ("MOVE", 9.0), ("MOVE", float("nan")), "nonsense", ("FAST", 1.0), ("SLOW", 2.0)]

def predict_speed_and_steering(scene_info):
    answer = answers.pop(0)
    if isinstance(answer, float):
        raise KeyError("vehicle")
    return answer
"""
    with ScriptAgent(source, executor) as agent:
        first = act(agent)
        assert (first.level, first.angle, first.status) == ("STOP", 0.0, "exception")
        assert first.error.endswith("KeyError: 'vehicle'")
        assert "line 7, in predict_speed_and_steering" in first.error
        assert "<scene>" not in first.error
        assert act(agent) == Decision("MOVE", 9.0)
        for words in ("the angle is NaN", "'nonsense' is no decision", "the speed level 'FAST'"):
            decision = act(agent)
            assert decision[:2] == ("MOVE", 9.0)
            assert decision.status == "bad_output"
            assert words in decision.error
        assert act(agent) == Decision("SLOW", 2.0)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def drive(scene_info):\n    pass", "defines no function 'predict_speed_and_steering'"),
        ("def predict_speed_and_steering(scene_info:\n    pass", "SyntaxError"),
        ("import nowhere", "No module named 'nowhere'"),
        ("", "defines no function"),
        ("def predict_speed_and_steering():\n    return 'MOVE', 0.0", "TypeError"),
        ("def predict_speed_and_steering(s):\n    import os\n    os._exit(3)", "code 3"),
    ],
)
def test_a_script_that_is_none_stands_still(
    source: str, words: str, executor: LocalExecutor
) -> None:
    with ScriptAgent(source, executor) as agent:
        for _ in range(2):
            decision = act(agent)
            assert decision[:3] == ("STOP", 0.0, None)
            assert words in decision.error


def test_a_script_that_hangs_is_given_up_after_some_times(executor: LocalExecutor) -> None:
    source = """
def predict_speed_and_steering(scene_info):
    while scene_info["ego_forward_speed"] > 1:
        pass
    return "MOVE", 1.0
"""
    limits = Limits(time=0.1, failures=2)
    with ScriptAgent(source, executor, limits=limits) as agent:
        assert act(agent, seen(0.0)) == Decision("MOVE", 1.0)
        assert act(agent, seen(2.0)).status == "timeout"
        assert act(agent, seen(0.0)) == Decision("MOVE", 1.0)
        assert act(agent, seen(2.0)).status == "timeout"
        given_up = act(agent, seen(0.0))
        assert given_up[:2] == ("MOVE", 1.0)
        assert given_up.status == "timeout"
        agent.reset()  # the next route begins afresh
        assert act(agent, seen(0.0)) == Decision("MOVE", 1.0)


def test_sizes_and_memory_are_settings(executor: LocalExecutor) -> None:
    source = """
def predict_speed_and_steering(scene_info):
    sign = scene_info["distance_to_stop_sign"]
    return "STOP" if sign else "MOVE", scene_info["ego_length"]
"""
    stopped = seen(signals=Signals(None, 3.0, stop_completed=True))
    with ScriptAgent(source, executor) as agent:
        assert act(agent, stopped) == Decision("MOVE", 4.9)
    with ScriptAgent(source, executor, extents="half", stop_memory=False) as agent:
        assert act(agent, stopped) == Decision("STOP", 2.45)
    with pytest.raises(ValueError, match="extents"):
        ScriptAgent(source, executor, extents="none")  # type: ignore[arg-type]


def test_closing_twice_is_harmless(executor: LocalExecutor) -> None:
    agent = ScriptAgent(SOURCE, executor)
    act(agent)
    agent.close()
    agent.close()


def test_a_pid_controller_adds_its_parts() -> None:
    pid = PID(2.0, 10.0, 3.0, window=4)
    assert pid(1.0) == pytest.approx(2 * 1 + 10 * 1 / 4 + 3 * 1)
    assert pid(1.0) == pytest.approx(2 * 1 + 10 * 2 / 4 + 0)
    assert pid(0.0) == pytest.approx(10 * 2 / 4 - 3)
    for _ in range(3):
        pid(0.0)
    assert pid(0.0) == 0.0  # what was in the window is out of it


def test_levels_become_pedals() -> None:
    assert Pilot().control("MOVE", 0.0, 0.0) == (0.0, 0.75, 0.0)
    assert Pilot().control("STOP", 0.0, 5.0) == (0.0, 0.0, 1.0)
    assert Pilot().control("SLOW", 0.0, 6.0) == (0.0, 0.0, 1.0)
    assert Pilot().control("STOP", 0.0, 0.0, 6.0) == (0.0, 0.0, 1.0)  # STOP is STOP
    assert Pilot().control("SLOW", 0.0, 2.0, 2.1).throttle > 0
    right = Pilot().control("MOVE", 10.0, 6.0).steer
    assert right > 0
    assert Pilot().control("MOVE", -10.0, 6.0).steer == -right
    assert Pilot().control("MOVE", 180.0, 6.0).steer == 1.0
    assert not math.isnan(right)
