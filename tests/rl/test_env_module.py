"""Policies for Gymnasium environments, trained from returns."""

from typing import Literal

import gymnasium
import numpy as np
import pytest

import langprop as lp
from langprop.errors import ModuleError


@pytest.fixture(scope="module")
def executor():
    with lp.LocalExecutor(workers=1) as made:
        yield made


def balance(x: float, v: float, angle: float, rate: float) -> Literal[0, 1]:
    """Balance."""


def watch(observation: np.ndarray) -> int:
    """Do something."""


def judge(module, executor, body, seeds=range(4)):
    source = lp.Script(module.stub + f"\n    {body}\n", module.entry_point)
    (records,) = lp.evaluate(module, [source], seeds, executor).values()
    return records


def test_a_known_policy_balances_the_pole(executor):
    module = lp.EnvModule("CartPole-v1", balance)
    records = judge(
        module, executor, "return 1 if angle + 0.3 * rate + 0.02 * v + 0.01 * x > 0 else 0"
    )
    assert [r.status for r in records] == ["ok"] * 4
    assert min(r.score for r in records) > 300
    assert "return of" in records[0].feedback


def test_returns_are_those_of_the_environment_itself(executor):
    module = lp.EnvModule("CartPole-v1", balance)
    records = judge(module, executor, "return 0 if angle < 0 else 1", seeds=[3, 11])
    for record, seed in zip(records, [3, 11], strict=True):
        env = gymnasium.make("CartPole-v1")
        observation, _ = env.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            observation, reward, terminated, truncated, _ = env.step(0 if observation[2] < 0 else 1)
            total, over = total + reward, terminated or truncated
        env.close()
        assert record.score == total


def test_components_come_as_plain_floats_and_one_parameter_as_the_array(executor):
    module = lp.EnvModule("CartPole-v1", balance)
    records = judge(module, executor, "assert type(x) is float; return 0")
    assert {r.status for r in records} == {"ok"}
    module = lp.EnvModule("CartPole-v1", watch)
    records = judge(module, executor, "assert observation.shape == (4,); return 1")
    assert {r.status for r in records} == {"ok"}


@pytest.mark.parametrize("answer", ["None", "2", "-1", "'left'", "0.5", "[0]", "float('nan')"])
def test_wrong_actions_are_a_record_that_names_the_space(executor, answer):
    module = lp.EnvModule("CartPole-v1", balance, exception_score=-3)
    record = judge(module, executor, f"return {answer}", seeds=[0])[0]
    assert record.status == "bad_output"
    assert record.score == -3
    assert "Discrete(2)" in record.exception


@pytest.mark.parametrize("answer", ["1", "1.0", "True", "__import__('numpy').int64(1)"])
def test_actions_of_the_space_in_any_plain_type(executor, answer):
    module = lp.EnvModule("CartPole-v1", balance)
    assert judge(module, executor, f"return {answer}", seeds=[0])[0].status == "ok"


@pytest.mark.parametrize("answer", ["0.5", "[0.5]", "(1,)", "__import__('numpy').zeros(1)"])
def test_continuous_actions(executor, answer):
    module = lp.EnvModule("Pendulum-v1", watch)
    record = judge(module, executor, f"return {answer}", seeds=[0])[0]
    assert record.status == "ok"
    assert -2000 < record.score < 0


def test_a_continuous_action_out_of_bounds(executor):
    module = lp.EnvModule("Pendulum-v1", watch)
    record = judge(module, executor, "return 9.0", seeds=[0])[0]
    assert record.status == "bad_output"
    assert "Box(-2.0, 2.0" in record.exception


def test_a_policy_may_have_memory_within_an_episode(executor):
    module = lp.EnvModule("CartPole-v1", watch)
    source = lp.Script(
        "turn = [0]\ndef watch(observation):\n    turn[0] += 1\n    return turn[0] % 2\n", "watch"
    )
    (records,) = lp.evaluate(module, [source], [5, 5, 5], executor).values()
    assert len({r.score for r in records}) == 1


def test_a_score_of_the_users_own(executor):
    module = lp.EnvModule("CartPole-v1", balance, score=lambda episode: -len(episode.actions))
    record = judge(module, executor, "return 0", seeds=[0])[0]
    assert -12 < record.score < -5


def test_a_factory_makes_the_environment(executor):
    module = lp.EnvModule(lambda: gymnasium.make("CartPole-v1", max_episode_steps=3), balance)
    record = judge(module, executor, "return 0", seeds=[0])[0]
    assert record.score == 3
    assert record.output.ended == "truncated"


@pytest.mark.parametrize(("env", "worst"), [("MountainCar-v0", -200), ("CartPole-v1", 8)])
def test_to_fail_never_pays(executor, env, worst):
    module = lp.EnvModule(env, watch)
    assert module.exception_score < worst
    assert judge(module, executor, "return 99", seeds=[0])[0].score == module.exception_score


@pytest.mark.parametrize("thing", [3, gymnasium, lambda: None])
def test_what_makes_no_environment(thing):
    with pytest.raises(ModuleError, match="a function that makes one"):
        lp.EnvModule(thing, watch)


def test_an_environment_that_is_not_there():
    with pytest.raises(ModuleError, match="there is no environment 'CartPole-v9'"):
        lp.EnvModule("CartPole-v9", balance)


def test_a_stub_that_does_not_fit():
    def two(a, b):
        """Two."""

    with pytest.raises(ModuleError, match="one for each component"):
        lp.EnvModule("CartPole-v1", two)
