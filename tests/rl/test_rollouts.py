"""Rollouts: many candidates and episodes side by side, each as if it were alone."""

import math
import random

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import langprop as lp
from langprop.rl import EnvError


@pytest.fixture(scope="module", params=["local", "inline"])
def executor(request):
    made = lp.LocalExecutor(workers=2) if request.param == "local" else lp.InlineExecutor()
    with made:
        yield made


@pytest.fixture(scope="module")
def isolated():
    with lp.LocalExecutor(workers=2) as made:
        yield made


def script(body, module=None, head=""):
    stub = "def policy(observation):" if module is None else module.stub
    return lp.Script(f"{head}\n{stub}\n    {body}\n", "policy")


def judge(executor, module, scripts, seeds, **limits):
    return lp.evaluate(module, scripts, seeds, executor, lp.Limits(**limits))


class Walk(gymnasium.Env):
    """A random walk that ends at ±5; rewards are where one is."""

    observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float64)
    action_space = spaces.Discrete(3)

    def __init__(self, fault="", where=3):
        self.fault, self.where = fault, where

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at, self.steps = self.np_random.normal(), 0
        if self.fault == "reset":
            raise RuntimeError("no reset")
        return self.seen(), {}

    def seen(self):
        odd = self.fault == "nan" and self.steps == self.where
        return np.array([math.nan if odd else self.at, self.steps])

    def step(self, action):
        self.steps += 1
        self.at += action - 1 + self.np_random.normal()
        reward = self.at
        if self.steps == self.where:
            if self.fault == "step":
                raise RuntimeError("broken bridge")
            if self.fault == "old":
                return self.seen(), reward, False, {}
            if self.fault == "none":
                reward = None
            if self.fault == "reward":
                reward = math.inf
        return self.seen(), reward, abs(self.at) > 5 and self.fault != "endless", False, {}


def alone(make, policy, seed, limit=1000):
    """The return of an episode that nothing else runs beside."""
    env = make()
    observation, _ = env.reset(seed=seed)
    total, steps, over = 0.0, 0, False
    while not over and steps < limit:
        observation, reward, terminated, truncated, _ = env.step(policy(observation))
        total, steps, over = total + float(reward), steps + 1, terminated or truncated
    env.close()
    return total


CASES = [
    ("CartPole-v1", "int(observation[2] > 0)", lambda o: int(o[2] > 0)),
    ("Acrobot-v1", "1 + int(observation[4] > 0)", lambda o: 1 + int(o[4] > 0)),
    (
        "Pendulum-v1",
        "max(-2.0, min(2.0, float(observation[2])))",
        lambda o: np.array([max(-2.0, min(2.0, float(o[2])))], np.float32),
    ),
    ("FrozenLake-v1", "(observation * 7) % 4", lambda o: (int(o) * 7) % 4),
    ("Blackjack-v1", "int(observation[0] < 17)", lambda o: int(o[0] < 17)),
    (Walk, "int(observation[0] < 0)", lambda o: int(o[0] < 0)),
]


@pytest.mark.parametrize(("env", "body", "policy"), CASES)
def test_the_return_of_an_episode_is_that_of_its_seed_alone(executor, env, body, policy):
    stub = "def policy(observation):\n    '''Act.'''\n"
    module = lp.EnvModule(env, stub, exception_score=-1e9)
    seeds = [5, 0, 77, 5]
    scripts = [script(f"return {body}"), script(f"return [{body}][0]"), script("return 1")]
    results = judge(executor, module, scripts, seeds)
    expected = [
        alone(lambda: gymnasium.make(env) if isinstance(env, str) else env(), policy, seed)
        for seed in seeds
    ]
    first, second, _ = ([record.score for record in records] for records in results.values())
    assert first == second == expected


def test_many_more_samples_and_scripts_than_run_side_by_side(executor):
    module = lp.EnvModule(Walk, "def policy(observation): ...", exception_score=-1e9)
    scripts = [script(f"return {n % 3} if observation[1] < {n} else 1") for n in range(9)]
    records = judge(executor, module, scripts, range(70))
    assert list(records) == [each.id for each in scripts]
    for n in (0, 8):
        found = [record.score for record in records[scripts[n].id]]
        wanted = [alone(Walk, lambda o, n=n: n % 3 if o[1] < n else 1, s) for s in range(70)]
        assert found == wanted


MEMORY = "turns = []\nlast = [None]"


def test_memory_lives_for_one_episode_while_others_run_beside_it(executor):
    module = lp.EnvModule(Walk, "def policy(observation): ...", exception_score=-1e9)
    body = (
        "turns.append(observation[1])\n"
        "    assert turns == list(range(len(turns))), turns\n"
        "    assert last[0] is None or len(turns) > 1\n"
        "    last[0] = float(observation[0])\n"
        "    return len(turns) % 3"
    )
    scripts = [script(body + f" + 0 * {n}", head=MEMORY) for n in range(5)]
    seeds = list(range(12)) * 2
    for records in judge(executor, module, scripts, seeds).values():
        assert {record.exception for record in records} == {""}
        scores = [record.score for record in records]
        assert scores[:12] == scores[12:]


def test_random_numbers_of_an_episode_do_not_depend_on_the_others(isolated):
    module = lp.EnvModule(Walk, "def policy(observation): ...", exception_score=-1e9)
    head = "import random\nimport numpy as np"
    drawn = "return (random.randrange(3) + np.random.randint(3)) % 3"
    generator = "return int(rng.integers(3))"
    for script_of in (
        script(drawn, head=head),
        script(generator, head=head + "\nrng = np.random.default_rng()"),
    ):
        (few,) = judge(isolated, module, [script_of], [1, 2]).values()
        (many,) = judge(isolated, module, [script_of], [1, 2, *range(3, 30)]).values()
        assert [record.score for record in few] == [record.score for record in many[:2]]
        assert len({record.score for record in many}) > 20


def test_state_that_a_policy_leaves_in_other_modules_does_not_reach_the_next_candidate(isolated):
    module = lp.EnvModule(Walk, "def policy(observation): ...", exception_score=-1e9)
    body = "assert not hasattr(math, 'left')\n    {}\n    return 1"
    spoil = script(body.format("math.left = 1"), head="import math")
    look = script(body.format("pass"), head="import math")
    results = judge(isolated, module, [spoil, look], [0])
    assert results[look.id][0].status == "ok"


def test_an_episode_that_hangs_fails_alone(isolated):
    module = lp.EnvModule(Walk, "def policy(observation): ...", exception_score=-1e6)
    hang = script("while observation[1] == 2 and observation[0] > 0: pass\n    return 1")
    good = script("return 1")
    results = judge(isolated, module, [hang, good], range(6), time=0.2, failures=100)
    assert {record.status for record in results[good.id]} == {"ok"}
    found = [record.status for record in results[hang.id]]
    assert set(found) == {"ok", "timeout"}
    for one, other in zip(results[hang.id], results[good.id], strict=True):
        assert one.status == "timeout" or one.score == other.score


def test_a_candidate_that_hangs_or_crashes_is_given_up_and_the_others_go_on(isolated):
    module = lp.EnvModule(Walk, "def policy(observation): ...", exception_score=-1e6)
    bad = [
        script("while True: pass"),
        script("import os; os._exit(1)"),
        script("return [0] * 10**9"),
        script("return 1 / 0"),
        lp.Script("def policy(observation:", "policy"),
        lp.Script("x = 1", "policy"),
    ]
    good = [script(f"return {n}") for n in range(3)]
    results = judge(isolated, module, bad + good, range(5), time=0.2, failures=2, memory=1 << 28)
    status = [{record.status for record in records} for records in results.values()]
    assert status[:2] == [{"timeout"}, {"crash"}]
    assert status[2] <= {"memory", "timeout", "bad_output"}
    assert status[3:6] == [{"exception"}] * 3
    assert status[6:] == [{"ok"}] * 3


def test_the_time_of_a_candidate_is_limited(isolated):
    module = lp.EnvModule(Walk, "def policy(observation): ...", exception_score=-1e6)
    slow = script("time.sleep(0.02)\n    return 1", head="import time")
    (records,) = judge(isolated, module, [slow], range(100), total=0.3).values()
    assert {record.status for record in records} == {"timeout"}
    assert "0.3 s for a batch are over" in records[-1].exception


def test_wrong_actions_end_their_episode_only(executor):
    module = lp.EnvModule(Walk, "def policy(observation): ...", exception_score=-1e6)
    body = "return 3 if observation[1] == 1 and observation[0] > 0 else 1"
    (records,) = judge(executor, module, [script(body)], range(10)).values()
    assert {record.status for record in records} == {"ok", "bad_output"}
    wrong = next(record for record in records if record.status == "bad_output")
    assert "the action 3 isn't in Discrete(3): give 0, 1 or 2" in wrong.exception
    assert wrong.calls[-1].output == 3
    assert "Discrete(3)" in wrong.calls[-1].exception


def test_what_is_printed_last_is_kept(executor):
    module = lp.EnvModule(Walk, "def policy(observation): ...", exception_score=-1e6)
    (records,) = judge(
        executor, module, [script("print(int(observation[1])); return 1")], [3]
    ).values()
    steps = len(records[0].output.rewards)
    assert records[0].printed == "".join(f"{n}\n" for n in range(max(0, steps - 8), steps))


# Environments that fail


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("step", r"Walk raised RuntimeError in step 3 with the action 1 \(seed 5\): broken bridge"),
        ("old", r"in step 3 .* not enough values"),
        ("none", r"in step 3"),
        ("reset", r"in the reset \(seed 5\): no reset"),
    ],
)
def test_an_environment_that_raises_ends_the_run_or_is_a_record(executor, fault, message):
    stub = "def policy(observation): ..."
    module = lp.EnvModule(lambda: Walk(fault), stub, exception_score=-1e6)
    with pytest.raises(EnvError, match=message) as caught:
        judge(executor, module, [script("return 1")], [5, 6])
    assert caught.value.__cause__ is not None
    assert caught.value.seed == 5
    module = lp.EnvModule(lambda: Walk(fault), stub, exception_score=-1e6, on_env_error="record")
    (records,) = judge(executor, module, [script("return 1")], [5, 6]).values()
    assert {record.status for record in records} <= {"exception", "ok"}
    assert "EnvError" in records[0].exception or "raised" in records[0].exception


def test_an_environment_that_raises_with_random_actions_is_told_at_once():
    with pytest.raises(EnvError, match="broken bridge"):
        lp.EnvModule(lambda: Walk("step"), "def policy(observation): ...")


def test_after_an_error_the_executor_serves_others(isolated):
    stub = "def policy(observation): ..."
    broken = lp.EnvModule(lambda: Walk("step"), stub, exception_score=-1e6)
    fine = lp.EnvModule(Walk, stub, exception_score=-1e6)
    scripts = [script(f"return {n}") for n in range(3)]
    with pytest.raises(EnvError):
        judge(isolated, broken, scripts, range(4))
    assert len(judge(isolated, fine, scripts, range(4))) == 3


def test_nan_is_passed_on_with_one_warning(executor):
    module = lp.EnvModule(lambda: Walk("nan"), "def policy(at, step): ...", exception_score=-1e6)
    source = lp.Script("def policy(at, step):\n    assert at == at, step\n    return 1\n", "policy")
    with pytest.warns(UserWarning, match="Walk holds NaN .seed 0, after 3 steps") as caught:
        (records,) = judge(executor, module, [source], range(5)).values()
    assert len(caught) == 1
    assert "AssertionError: 3" in records[0].exception


def test_a_reward_that_is_not_finite_is_told_by_its_step(executor):
    module = lp.EnvModule(
        lambda: Walk("reward"), "def policy(observation): ...", exception_score=-1e6
    )
    with pytest.warns(UserWarning, match="the reward of step 3 is inf"):
        (records,) = judge(executor, module, [script("return 1")], [0, 1]).values()
    assert records[0].score == -1e6
    assert "seed 0" in records[0].exception


def test_no_score_with_random_actions_asks_for_an_exception_score():
    with pytest.raises(lp.errors.ModuleError, match="give the module an exception_score"):
        lp.EnvModule(lambda: Walk("reward", 1), "def policy(observation): ...")


def test_an_episode_without_end_ends_with_a_warning(executor):
    with pytest.warns(UserWarning, match="an episode without end: Walk .* 1,000"):
        module = lp.EnvModule(lambda: Walk("endless"), "def policy(observation): ...")
    (records,) = judge(executor, module, [script("return 1")], [0]).values()
    assert len(records[0].output) == 1000
    assert records[0].output.ended == "truncated"


def test_max_episode_steps(executor):
    stub = "def policy(observation): ..."
    module = lp.EnvModule(lambda: Walk("endless"), stub, max_episode_steps=7)
    (records,) = judge(executor, module, [script("return 1")], [0]).values()
    assert len(records[0].output) == 7
    module = lp.EnvModule("CartPole-v1", stub, max_episode_steps=700)  # more than its own 500
    good = "return int(observation[2] + 0.3 * observation[3] + 0.02 * observation[1] > 0)"
    (records,) = judge(executor, module, [script(good)], [0, 1]).values()
    assert max(record.score for record in records) == 700


def test_the_tail_of_an_episode(executor):
    for tail in (0, 2, 6):
        module = lp.EnvModule(
            Walk, "def policy(at, step): ...", exception_score=-1e6, tail=tail, max_episode_steps=5
        )
        source = lp.Script("def policy(at, step):\n    return 1\n", "policy")
        (records,) = judge(executor, module, [source], [0]).values()
        episode = records[0].output
        assert len(episode.tail) == min(tail, len(episode))
        if tail:
            observation, action, reward = episode.tail[-1]
            assert (observation[1], action, reward) == (len(episode) - 1, 1, episode.rewards[-1])


@pytest.mark.parametrize("sample", [-1, 1.5, "x", None])
def test_what_is_no_seed(executor, sample):
    module = lp.EnvModule(Walk, "def policy(observation): ...", exception_score=-1e6)
    with pytest.raises(lp.errors.DataError):
        judge(executor, module, [script("return 1")], [sample])


def test_dict_observations_and_actions(executor):
    class Pair(Walk):
        observation_space = spaces.Dict({"at": spaces.Box(-9, 9, (1,)), "n": spaces.Discrete(99)})
        action_space = spaces.Tuple([spaces.Discrete(3), spaces.Box(-1, 1, (2,))])

        def seen(self):
            return {"at": np.array([self.at], np.float32), "n": np.int64(self.steps)}

        def step(self, action):
            turn, push = action
            assert push.dtype == np.float32
            return super().step(turn)

    module = lp.EnvModule(Pair, max_episode_steps=20)
    assert "def policy(at: np.ndarray, n: int) -> tuple:" in module.stub
    body = "assert type(n) is int and at.shape == (1,)\n    return (n % 3, [0.5, -0.5])"
    (records,) = judge(executor, module, [script(body, module)], range(3)).values()
    assert {record.status for record in records} == {"ok"}
    (records,) = judge(executor, module, [script("return (0, [0.5, 2])", module)], [0]).values()
    assert "at [1], the action [0.5, 2]" in records[0].exception


def test_actions_of_several_dimensions(executor):
    class Switches(Walk):
        action_space = spaces.MultiBinary([2, 3])

        def step(self, action):
            assert action.shape == (2, 3)
            return super().step(int(action.sum()) % 3)

    module = lp.EnvModule(Switches, "def policy(observation): ...", max_episode_steps=20)
    bodies = "return [[1, 0, 1], [0, 0, 1]]", "return [1, 0]"
    good, bad = judge(executor, module, [script(body) for body in bodies], range(2)).values()
    assert [each.status for each in (*good, *bad)] == ["ok"] * 2 + ["bad_output"] * 2
    assert "of the shape (2, 3)" in bad[0].exception


def test_a_run_ends_the_same_however_it_is_spread(isolated):
    """The order in which candidates take turns must not matter, nor who else is there."""
    module = lp.EnvModule(Walk, "def policy(observation): ...", exception_score=-1e9)
    scripts = [
        script(
            f"return random.randrange(3) if observation[1] % {n + 1} else 0", head="import random"
        )
        for n in range(6)
    ]
    whole = judge(isolated, module, scripts, range(20))
    random.Random(0).shuffle(scripts)
    for each in scripts:
        (records,) = judge(isolated, module, [each], range(20)).values()
        assert [r.score for r in records] == [r.score for r in whole[each.id]]


def test_a_stop_while_episodes_are_on_their_way_leaves_nothing_behind(isolated):
    closed = []

    class Watched(lp.EnvModule):
        def forward(self, function, seed):
            try:
                return (yield from super().forward(function, seed))
            except GeneratorExit:
                closed.append(seed)
                raise

        def check_output(self, output):
            super().check_output(output)
            if output == 2:
                raise KeyboardInterrupt

    module = Watched(Walk, "def policy(observation): ...", exception_score=-1e6)
    scripts = [script("return 2 if observation[1] == 3 else 1"), script("return 1")]
    with pytest.raises(KeyboardInterrupt):
        judge(isolated, module, scripts, range(6))
    assert closed


def test_a_forward_of_ones_own_needs_no_exception_score(isolated):
    class Doubled(lp.EnvModule):
        def forward(self, function, seed):
            episode = yield from super().forward(function, seed)
            episode.rewards = [2 * reward for reward in episode.rewards]
            return episode

    stub = "def policy(observation): ..."
    scripts = [script("return 1")]
    (doubled,) = judge(isolated, Doubled("CartPole-v1", stub), scripts, [0, 1]).values()
    (bare,) = judge(isolated, lp.EnvModule("CartPole-v1", stub), scripts, [0, 1]).values()
    assert [each.score for each in doubled] == [2 * each.score for each in bare]
