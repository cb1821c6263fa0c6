"""The routes of a suite as a Gymnasium environment."""

import warnings
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import langprop as lp
from langprop.driving.env import ENV_ID, DrivingEnv
from langprop.driving.maps.suites import suite
from langprop.driving.task import Hazards, RouteTask, Traffic
from langprop.errors import ConfigError, TownError
from langprop.testing.straight_road import StraightRoad

EMPTY = [replace(task, traffic=Traffic(0, 0, 0), hazards=Hazards(0, 0)) for task in suite("tiny")]
ROAD = RouteTask("road/0", "straight", ("road",))
AHEAD = np.array([1.0, 0.0], dtype=np.float32)
BRAKE = np.array([-1.0, 0.0], dtype=np.float32)


@pytest.fixture(scope="module")
def env():
    made = DrivingEnv(EMPTY, render_mode="rgb_array")
    yield made
    made.close()


def follow(seen, speed=6.0):
    _, x, y = seen["ego"][1], seen["ego"][1], seen["ego"][2]
    pedal = 0.5 if seen["ego"][0] < speed else -0.1
    return np.clip(np.array([pedal, np.arctan2(y, x)], dtype=np.float32), -1, 1)


def test_gymnasium_finds_no_fault():
    made = gymnasium.make(ENV_ID, suite="tiny", render_mode="rgb_array")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(made.unwrapped, skip_render_check=True)
    made.close()


def test_it_is_made_by_naming_the_module_too():
    made = gymnasium.make(f"langprop.driving.env:{ENV_ID}", suite="tiny", n_actors=3)
    assert made.observation_space["actors"].shape == (3, 12)
    made.close()


def test_a_policy_can_be_trained_on_it_by_that_name():
    module = lp.EnvModule(
        f"langprop.driving.env:{ENV_ID}", suite=[ROAD], simulator=StraightRoad, max_episode_steps=90
    )
    source = "def policy(actors, ego):\n    return [0.3 if ego[0] < 5 else 0.0, 0.0]"
    script = lp.Script(source, module.entry_point)
    with lp.LocalExecutor(workers=1) as executor:
        (records,) = lp.evaluate(module, [script], [4], executor).values()
    assert records[0].status == "ok"
    assert records[0].score == pytest.approx(1.0, abs=0.5)


def test_a_seed_settles_the_route_and_its_traffic():
    made = DrivingEnv("tiny")
    first, info = made.reset(seed=5)
    again, same = made.reset(seed=5)
    assert info == same
    assert all((first[name] == again[name]).all() for name in first)
    draws = {made.reset()[1]["seed"] for _ in range(3)}
    assert len(draws) == 3
    made.close()


def test_options_set_the_route_and_its_traffic(env):
    _, info = env.reset(seed=1, options={"route": 1, "traffic": 77})
    assert (info["route"], info["seed"]) == (EMPTY[1].name, 77)


@pytest.mark.parametrize(
    "bad",
    [
        *({"route": route} for route in (2, -1, "1", 0.5, True, None)),
        *({"traffic": traffic} for traffic in (1.7, "abc", None, [1], -1, True)),
        {"rout": 1},
        [1],
    ],
)
def test_options_that_make_no_sense_are_told(bad):
    made = DrivingEnv([ROAD] * 2, simulator=StraightRoad)
    with pytest.raises(ConfigError, match=r"^options are .* but got"):
        made.reset(options=bad)
    made.reset(options={"route": np.int64(1), "traffic": np.int64(3)})


def test_the_goal_terminates_with_a_good_score(env):
    seen, _ = env.reset(options={"route": 0, "traffic": 1})
    total = 0.0
    while True:
        stop = seen["ego"][3] and seen["ego"][4] < 7.0 and seen["ego"][5]
        sign = seen["ego"][6] and seen["ego"][7] < 4.0
        seen, reward, terminated, truncated, info = env.step(
            BRAKE if stop or sign else follow(seen)
        )
        total += reward
        if terminated or truncated:
            break
    assert terminated
    assert not truncated
    assert info["completion"] == 100.0
    assert info["driving_score"] == 100.0
    assert total == pytest.approx(0.1 * 266 + 10.0, abs=2.0)
    assert [event["kind"] for event in info["events"]] == ["ROUTE_COMPLETION"]
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(AHEAD)


def test_who_stays_where_it_is_runs_out_of_time(env):
    env.reset(options={"route": 0, "traffic": 1})
    # Moves a little every now and then, so that it isn't blocked.
    tick, truncated, terminated = 0, False, False
    while not (truncated or terminated):
        tick += 1
        action = AHEAD if tick % 800 < 20 else BRAKE
        _, _, terminated, truncated, info = env.step(action)
    assert truncated
    assert not terminated
    assert info["events"][-1]["kind"] == "ROUTE_TIMEOUT"


def test_who_leaves_the_route_is_taken_out_and_pays_for_it(env):
    env.reset(options={"route": 0, "traffic": 1})
    total, terminated, truncated = 0.0, False, False
    while not (terminated or truncated):
        _, reward, terminated, truncated, info = env.step(np.array([0.6, 0.12], np.float32))
        total += reward
    assert terminated
    assert info["events"][-1]["kind"] in ("ROUTE_DEVIATION", "VEHICLE_BLOCKED")
    assert total < 0.0


class Elsewhere(StraightRoad):
    """A road whose lane is somewhere else, or leads elsewhere, between 10 and 30 m."""

    def __init__(self, **how):
        super().__init__(60.0)
        self._how = how

    def truth(self):
        seen = super().truth()
        if not 10 <= seen.observation.route_position < 30:
            return seen
        return replace(seen, fix=replace(seen.fix, **self._how))


def reward_of_60_metres(frame_skip=1, **how):
    made = DrivingEnv([ROAD], simulator=lambda: Elsewhere(**how), frame_skip=frame_skip)
    seen, _ = made.reset(seed=1)
    total, terminated = 0.0, False
    while not terminated:
        action = np.array([0.1 if seen["ego"][0] < 5 else 0.0, 0.0], np.float32)
        seen, reward, terminated, _, info = made.step(action)
        total += reward
    assert info["completion"] == 100
    return total - 10.0


@pytest.mark.parametrize("frame_skip", [1, 150])  # with the longer ones, borders lie within a step
@pytest.mark.parametrize("how", [{"heading": np.pi}, {"beyond": 1.5}])
def test_metres_against_the_traffic_and_beyond_the_lane_are_paid_for(how, frame_skip):
    assert reward_of_60_metres() == pytest.approx(0.1 * 60, abs=0.2)
    assert reward_of_60_metres(frame_skip, **how) == pytest.approx(0.1 * (60 - 20), abs=0.2)


def test_an_infraction_may_end_it():
    made = DrivingEnv(EMPTY, routes=[0], end_on_infraction=True, frame_skip=4)
    seen, _ = made.reset(seed=3)
    terminated = False
    while not terminated:  # it minds no light and no sign
        seen, reward, terminated, _, info = made.step(follow(seen, speed=9.0))
    assert info["completion"] < 100.0
    assert reward < -1.0
    with pytest.raises(gymnasium.error.ResetNeeded):
        made.step(AHEAD)
    made.reset(seed=3)
    assert not made.step(AHEAD)[2]
    made.close()


def test_what_is_seen_is_in_the_frame_of_the_vehicle():
    task = replace(suite("training")[0], hazards=Hazards(0, 0))
    made = DrivingEnv([task])
    seen, _ = made.reset(seed=2)
    for _ in range(100):
        seen, *_ = made.step(follow(seen))
        truth = made.simulator.truth()
        near = sorted(
            truth.observation.actors,
            key=lambda box: np.hypot(*(np.array(box.pose[:2]) - truth.ego.pose[:2])),
        )[:8]
        assert int(seen["actors"][:, 0].sum()) == len(near)
        for row, box in zip(seen["actors"], near, strict=False):
            away = np.array(box.pose[:2]) - truth.ego.pose[:2]
            c, s = truth.ego.pose.heading
            assert row[1] == pytest.approx(away @ (c, s), abs=1e-3)
            assert row[2] == pytest.approx(away @ (-s, c), abs=1e-3)
            assert row[5] == pytest.approx(box.speed, abs=1e-5)
        assert made.observation_space.contains(seen)
    assert len(near) > 1
    made.close()


def test_it_can_be_drawn(env):
    env.reset(options={"route": 0, "traffic": 1})
    picture = env.render()
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 5


def test_before_a_reset_nothing_goes():
    made = DrivingEnv(EMPTY, render_mode="rgb_array")
    with pytest.raises(gymnasium.error.ResetNeeded):
        made.step(AHEAD)
    with pytest.raises(gymnasium.error.ResetNeeded):
        made.render()
    made.close()
    made.close()


def test_an_action_that_is_no_number_is_told(env):
    env.reset(options={"route": 0, "traffic": 1})
    with pytest.raises(ValueError, match="finite"):
        env.step(np.array([np.nan, 0.0], dtype=np.float32))
    with pytest.raises(ValueError, match="reshape"):
        env.step(np.array([1.0], dtype=np.float32))


@pytest.mark.parametrize(
    "settings",
    [
        {"routes": [9]},
        {"routes": []},
        {"routes": 0},
        {"routes": ["a"]},
        {"routes": [0.5]},
        {"n_actors": 0},
        {"n_actors": 2.5},
        {"frame_skip": 0},
        {"frame_skip": None},
        {"render_mode": "human"},
    ],
)
def test_settings_that_make_no_sense_are_told(settings):
    with pytest.raises(ConfigError):
        DrivingEnv("tiny", **settings)


def test_a_suite_that_is_not_there_is_told():
    with pytest.raises(TownError, match="nowhere"):
        DrivingEnv("nowhere")
