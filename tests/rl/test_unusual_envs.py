"""Environments with habits of their own: what a policy gets and scores stays right all the same."""

# ruff: noqa: NPY002 - some of them draw from the global generator

import gc
import random
from typing import ClassVar

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces, wrappers

import langprop as lp
from langprop.errors import EnvError, ModuleError


@pytest.fixture(scope="module")
def executor():
    with lp.InlineExecutor() as made:
        yield made


STUB = 'def policy(o):\n    """Act."""\n'


def judge(executor, module, body="return 1", seeds=(0,)):
    script = lp.Script(f"{module.stub}\n    {body}\n", module.entry_point)
    (records,) = lp.evaluate(module, [script], seeds, executor).values()
    return records


class Counting(gymnasium.Env):
    """Shows the number of steps; ten of them."""

    observation_space = spaces.Box(0, 100, (2,), np.float64)
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count = 0
        return self.shown(), {}

    def step(self, action):
        self.count += 1
        return self.shown(), 1.0, self.count == 10, False, {}

    def shown(self):
        return np.full(2, float(self.count))


class InPlace(Counting):
    """Shows the same array each time."""

    def __init__(self, *, as_dict=False):
        self.state = np.zeros(2)
        if as_dict:
            self.observation_space = spaces.Dict(x=Counting.observation_space)
        self.as_dict = as_dict

    def shown(self):
        self.state[:] = self.count
        return {"x": self.state} if self.as_dict else self.state


@pytest.mark.parametrize("as_dict", [False, True])
def test_an_array_that_changes_is_kept_as_it_was(executor, as_dict):
    module = lp.EnvModule(lambda: InPlace(as_dict=as_dict), STUB)
    (record,) = judge(executor, module)
    tail = [seen["x"] if as_dict else seen for seen, _, _ in record.output.tail]
    assert [each.tolist() for each in tail] == [[n, n] for n in range(4, 10)]
    assert [call.args[0]["x"][0] if as_dict else call.args[0][0] for call in record.calls] == [
        float(n) for n in range(2, 10)
    ]


def normalised():
    return wrappers.NormalizeObservation(gymnasium.make("CartPole-v1"))


def test_what_an_environment_keeps_over_resets_changes_no_score(executor):
    with pytest.warns(UserWarning, match="shows something else after a reset"):
        module = lp.EnvModule(normalised, STUB)
    body = "return 1 if o[2] + 0.3 * o[3] > 0 else 0"
    scores = [[record.score for record in judge(executor, module, body, range(4))] for _ in "ab"]
    assert scores[0] == scores[1] == [alone(normalised(), body, seed) for seed in range(4)]


def alone(env, body, seed):
    names = {}
    exec(f"def policy(o):\n    {body}\n", names)
    observation, _ = env.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        observation, reward, terminated, truncated, _ = env.step(names["policy"](observation))
        total += reward
        over = terminated or truncated
    return total


class Global(Counting):
    """Draws from the global generators, after some steps only."""

    def __init__(self, first, *, numpys=True):
        self.first, self.numpys = first, numpys

    def reset(self, *, seed=None, options=None):
        np.random.seed(seed)
        random.seed(seed)
        return super().reset(seed=seed)

    def step(self, action):
        seen, reward, *rest = super().step(action)
        if self.count > self.first:
            reward = float(np.random.normal() if self.numpys else random.random())
        return seen, reward, *rest


@pytest.mark.parametrize("numpys", [False, True])
def test_episodes_do_not_share_the_global_generators(executor, numpys):
    np.random.seed(5)
    random.seed(5)
    expected = [alone(Global(0, numpys=numpys), "return 1", seed) for seed in range(6)]
    np.random.seed(7)
    random.seed(7)
    with pytest.warns(UserWarning, match="draws from random or from numpy's global generator"):
        module = lp.EnvModule(lambda: Global(0, numpys=numpys), STUB)
    scores = [record.score for record in judge(executor, module, seeds=range(6))]
    assert scores == pytest.approx(expected)
    drawn = np.random.random(), random.random()
    np.random.seed(7)
    random.seed(7)
    assert drawn == (np.random.random(), random.random())  # the user's own are left alone


class Late(Global):
    """Draws when the look at its beginning is over."""

    def step(self, action):
        seen, reward, _, *rest = super().step(action)
        return seen, reward, self.count == 40, *rest


def test_late_draws_are_noticed_as_well(executor):
    expected = [alone(Late(30), "return 1", seed) for seed in range(4)]
    with pytest.warns(UserWarning, match="draws from random"):
        module = lp.EnvModule(lambda: Late(30), STUB)
    scores = [record.score for record in judge(executor, module, seeds=range(4))]
    assert scores == pytest.approx(expected)


class Unseeded(Counting):
    """Goes its own way each time."""

    def step(self, action):
        seen, _, *rest = super().step(action)
        return seen, random.SystemRandom().random(), *rest


def test_an_environment_that_no_seed_determines_is_told():
    with pytest.warns(UserWarning, match="shows something else each time for the same seed"):
        lp.EnvModule(Unseeded, STUB)


class Odd(Counting):
    """Does something odd in its third step, or in the reset."""

    def __init__(self, what):
        self.what = what

    def reset(self, *, seed=None, options=None):
        found = super().reset(seed=seed)
        return found[0] if self.what == "old reset" else found

    def step(self, action):
        seen, reward, over, truncated, info = super().step(action)
        if self.count == 3:
            if self.what == "longer":
                seen = np.zeros(3)
            elif self.what == "deeper":
                seen = np.zeros((2, 1))
            elif self.what == "objects":
                seen = np.array([None, 1], object)
            elif self.what == "nothing":
                seen = None
            elif self.what == "ends":
                over = np.array([True, False])
            elif self.what == "unspeakable":
                raise Unspeakable
        return seen, reward, over, truncated, info


class Unspeakable(Exception):
    def __str__(self):
        raise ValueError


FLAT = 'def policy(a, b):\n    """Act."""\n'


@pytest.mark.parametrize(
    ("what", "where"),
    [
        ("old reset", r"raised ValueError in the reset .*old Gym"),
        ("longer", r"in step 3 .*has the shape \(3,\), but its space says \(2,\)"),
        ("deeper", r"in step 3 .*has the shape \(2, 1\)"),
        ("objects", "in step 3 .*no array of numbers"),
        ("nothing", "in step 3 .*no array of numbers"),
        ("ends", "raised ValueError in step 3"),
        ("unspeakable", r"raised Unspeakable in step 3 .*\(its message can't be shown\)"),
    ],
)
def test_what_is_wrong_with_an_environment_is_its_own_error(executor, what, where):
    module = lp.EnvModule(lambda: Odd(what), FLAT, exception_score=-1)
    with pytest.raises(EnvError, match=where):
        judge(executor, module)
    module = lp.EnvModule(lambda: Odd(what), FLAT, exception_score=-1, on_env_error="record")
    (record,) = judge(executor, module)
    assert (record.status, record.score) == ("exception", -1)
    assert "Odd" in record.exception


def test_lists_are_observations_too(executor):
    class Lists(Counting):
        def shown(self):
            return [float(self.count), 0.5]

    (record,) = judge(executor, lp.EnvModule(Lists, FLAT))
    assert record.calls[-1].args == (9.0, 0.5)


class Closing(Counting):
    """Notes when it is closed."""

    def __init__(self, log):
        self.log = log
        log.append("made")

    def close(self):
        self.log.append("closed")


def test_environments_are_closed_when_the_module_goes(executor):
    log = []
    module = lp.EnvModule(lambda: Closing(log), STUB)
    judge(executor, module, seeds=range(5))
    assert log.count("made") > log.count("closed")
    del module
    gc.collect()
    assert log.count("made") == log.count("closed") > 0


class Single(Counting):
    """There can only be one."""

    there = 0
    most = 0
    metadata: ClassVar = {"render_modes": ["rgb_array"]}

    def __init__(self, render_mode=None):
        self.render_mode = render_mode
        Single.there += 1
        Single.most = max(Single.most, Single.there)

    def close(self):
        Single.there -= 1

    def render(self):
        return np.zeros((8, 8, 3), np.uint8)


@pytest.mark.parametrize("n_envs", [1, 3])
def test_there_are_no_more_environments_than_may_be(n_envs, tmp_path):
    Single.there = Single.most = 0
    module = lp.EnvModule(Single, STUB, n_envs=n_envs)
    scripts = [lp.Script(f"{STUB}    return {n}\n", "policy") for n in (0, 1, 1)]
    with lp.LocalExecutor(workers=2) as executor:
        found = lp.evaluate(module, scripts, range(7), executor)
        assert [record.score for records in found.values() for record in records] == [10.0] * 14
        assert Single.most == n_envs
        module.population.add(scripts[:1])
        module.population.tell({scripts[0].id: found[scripts[0].id]})
        module.record(tmp_path / "film.gif")
    assert Single.most == n_envs
    with pytest.raises(ModuleError, match="n_envs must be a whole number"):
        lp.EnvModule(Single, STUB, n_envs=0)


def test_a_feedback_of_nothing_says_nothing(executor):
    module = lp.EnvModule("CartPole-v1", feedback=lambda episode: None)
    (record,) = judge(executor, module)
    assert record.feedback == ""


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"tail": "3"}, "tail must be a whole number"),
        ({"tail": 2.5}, "tail must be a whole number"),
        ({"max_episode_steps": "abc"}, "max_episode_steps must be a whole number"),
        ({"max_episode_steps": 1.5}, "max_episode_steps must be a whole number"),
        ({"max_episode_steps": True}, "max_episode_steps must be a whole number"),
        ({"score": lambda episode: episode.info["nope"]}, r"exception_score.*KeyError"),
        ({"score": lambda episode: 10**400}, r"exception_score.*OverflowError"),
    ],
)
def test_settings_of_the_wrong_kind_are_told(settings, told):
    with pytest.raises(ModuleError, match=told):
        lp.EnvModule("CartPole-v1", **settings)
    lp.EnvModule("CartPole-v1", tail=np.int64(3), max_episode_steps=np.int64(5))


def test_an_empty_box_has_a_stub():
    class Empty(Counting):
        observation_space = spaces.Box(0, 1, (0,), np.float64)

        def shown(self):
            return np.zeros(0)

    assert "which is empty" in lp.EnvModule(Empty).stub
