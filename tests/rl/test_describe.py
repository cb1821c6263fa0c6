"""What is told of an episode, and of all episodes of a step."""

import itertools
import math
import re
from collections import Counter

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

import langprop as lp
from langprop.optim.feedback import setup_variables, update_variables
from langprop.population.policy import Policy
from langprop.prompts.prompts import Prompts
from langprop.rl.course import Course, parts
from langprop.rl.describe import Describer
from langprop.rl.episode import Episode
from langprop.rl.leaves import Ranges, leaves
from langprop.rl.returns import describe_returns, histogram


@pytest.fixture(scope="module")
def executor():
    with lp.InlineExecutor() as made:
        yield made


def judge(executor, module, body, seeds=(0,)):
    script = lp.Script(f"{module.stub}\n    {body}\n", module.entry_point)
    (records,) = lp.evaluate(module, [script], seeds, executor).values()
    return records


class Toy(gymnasium.Env):
    """Ends after three steps, and says why."""

    action_space = spaces.Discrete(2)

    def __init__(self, space, info=None, steps=3, action_space=None):
        self.observation_space, self.info, self.steps = space, info or {}, steps
        self.action_space = action_space or self.action_space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        self.count = 0
        return self.observation_space.sample(), {}

    def step(self, action):
        self.count += 1
        over = self.count >= self.steps
        return self.observation_space.sample(), 1.0, over, False, self.info if over else {}


def test_the_whole_text_of_an_episode():
    describe = Describer(["x", "v"], actions={0: "left", 1: "right"}, space=spaces.Discrete(3))
    episode = Episode(
        7,
        [1.0, 2.0],
        [0, 1],
        [([0.1234567, 2.0], 0, 1.0), ([-1.0, 3.0], 1, 2.0)],
        "terminated",
        final=[-5.0, 4.0],
        limit=500,
        info={"reason": "fell"},
        ranges=[(-5.0, 0.1234567), (2.0, 4.0)],
    )
    assert describe(episode) == (
        "The episode with seed 7 ended after 2 steps with a return of 3: the environment "
        "terminated it.\n"
        "What the environment says of the last step: reason = 'fell'.\n"
        "Rewards of a step: from 1 to 2, mean 1.5; 2 in the last one.\n"
        "Actions: 0 (left) × 1 (50%), 1 (right) × 1 (50%), 2 never.\n"
        "What was observed before each of the last steps and at the end (lowest and highest: in "
        "the whole episode), the actions and the rewards:\n"
        "        lowest  highest  step 1  step 2  end\n"
        "x           -5   0.1235  0.1235      -1   -5\n"
        "v            2        4       2       3    4\n"
        "action                        0       1\n"
        "reward                        1       2"
    )


def test_an_episode_of_cartpole(executor):
    module = lp.EnvModule("CartPole-v1")
    (record,) = judge(executor, module, "return 0")
    text = record.feedback
    assert f"ended after {len(record.output)} steps with a return of {record.score:g}" in text
    assert "the environment terminated it" in text
    assert "Each step was rewarded with 1." in text
    assert "0 (Push cart to the left)" in text
    assert "1 (Push cart to the right) never" in text
    for name in ("cart_position", "cart_velocity", "pole_angle", "pole_angular_velocity"):
        assert f"\n{name} " in text
    assert len(text) < 1500


@pytest.mark.parametrize(
    ("env", "body", "texts"),
    [
        ("MountainCar-v0", "return 1", ["it had reached the limit of steps", "velocity_of_car"]),
        ("Pendulum-v1", "return 2.0", ["Action (Torque) from 2 to 2", "2 in 100% of the steps"]),
        ("FrozenLake-v1", "return 3", ["What the environment says", "3 (Move up)", "observation "]),
        ("Blackjack-v1", "return 1", ["observation[0]", "1 (Hit)", "0 (Stick) never"]),
    ],
)
def test_episodes_of_other_environments(executor, env, body, texts):
    (record,) = judge(executor, lp.EnvModule(env), body)
    for text in texts:
        assert text in record.feedback


def test_an_array_is_told_by_the_names_of_its_documentation(executor):
    stub = 'def act(seen):\n    """Act."""\n'
    (record,) = judge(executor, lp.EnvModule("CartPole-v1", stub), "return 0")
    assert "\nseen[2] Pole Angle " in record.feedback


@pytest.mark.parametrize(
    "space",
    [
        spaces.Box(0, 255, (210, 160, 3), np.uint8),
        spaces.Box(-np.inf, np.inf, (5000,), np.float64),
        spaces.Dict({f"key {n}": spaces.Discrete(3) for n in range(200)}),
        spaces.Tuple([spaces.Box(0, 1, (4,))] * 40),
        spaces.Text(1000, min_length=900),
        spaces.Graph(spaces.Box(0, 1, (3,)), spaces.Discrete(2)),
        spaces.MultiBinary(300),
    ],
)
def test_huge_observations_are_told_in_few_words(executor, space):
    module = lp.EnvModule(lambda: Toy(space), 'def f(o):\n    """F."""\n')
    (record,) = judge(executor, module, "return 1")
    assert len(record.feedback) <= 6000
    if isinstance(space, spaces.Box):
        assert f"array {space.shape}, mean " in record.feedback


def test_ranges_are_of_the_whole_episode(executor):
    module = lp.EnvModule("Acrobot-v1", tail=0)
    (record,) = judge(executor, module, "return 0", seeds=[3])
    env = gymnasium.make("Acrobot-v1")
    seen = [env.reset(seed=3)[0]]
    over = False
    while not over:
        observation, _, terminated, truncated, _ = env.step(0)
        seen.append(observation)
        over = terminated or truncated
    env.close()
    assert len(seen) == 501  # more than are looked at together
    expected = zip(np.min(seen, 0).tolist(), np.max(seen, 0).tolist(), strict=True)
    assert record.output.ranges == list(expected)
    assert record.output.final == seen[-1].tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(width=32), min_size=2, max_size=2), min_size=1, max_size=600))
def test_ranges_are_lowest_and_highest(rows):
    ranges = Ranges(rows[0])
    for row in rows:
        ranges.note(row)
    for found, column in zip(ranges.all(), zip(*rows, strict=True), strict=True):
        numbers = [x for x in column if not math.isnan(x)]
        assert found == ((min(numbers), max(numbers)) if numbers else None)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 20), st.lists(st.integers(1, 40), min_size=1))
def test_the_parts_of_an_episode_are_all_of_it(n_steps, most, sizes):
    course, rows = Course(), [[float(step)] for step in range(n_steps + 1)]
    for size in itertools.cycle(sizes):
        if not rows:
            break
        course.take(rows[:size])
        rows = rows[size:]
    assert len(course.rows) <= 64
    assert all(seen == [float(step)] for step, seen in course.rows)
    found = parts(course.rows, n_steps, most)
    assert 1 <= len(found) <= most
    assert [part.first for part in found] == [0, *(part.last + 1 for part in found[:-1])]
    assert found[-1].last == n_steps - 1
    widths = {part.last - part.first for part in found[:-1]}
    assert len(widths) <= 1
    assert not widths or found[-1].last - found[-1].first <= widths.pop()


def table_of_parts(text):
    """The rows by their names, without the end; a table that is broken is put together again."""
    lines = text.partition("The whole episode in parts")[2].splitlines()[1:]
    rows = {}
    for line in lines:
        name, *values = re.split(r"  +", line)
        rows.setdefault(name, []).extend(values)
    assert rows["steps"].pop() == "end"
    return rows


def test_a_long_episode_is_told_in_parts(executor):
    module = lp.EnvModule("MountainCar-v0")
    body = "return 2 if velocity_of_car >= 0 else 0"
    (record,) = judge(executor, module, body)
    rows = table_of_parts(record.feedback)
    episode = record.output
    assert sum(map(float, rows["sum of rewards"])) == episode.total
    begins = [int(each.partition("-")[0]) for each in rows["steps"]]
    assert begins[0] == 1
    env = gymnasium.make("MountainCar-v0")
    positions = [float(env.reset(seed=0)[0][0])]
    positions += [float(env.step(action)[0][0]) for action in episode.actions]
    env.close()
    shown = [*(positions[begin - 1] for begin in begins), positions[-1]]
    assert rows["position_of_car_along_x_axis"] == [f"{each:.4g}" for each in shown]
    first = rows["steps"][0].partition("-")[2]
    ((action, count),) = Counter(episode.actions[: int(first)]).most_common(1)
    share = "" if count == int(first) else f" ({count / int(first):.0%})"
    assert rows["most frequent action"][0] == f"{action}{share}"


def test_the_parts_of_an_episode_hold_mean_actions(executor):
    body = "return 2.0 if y_sin_theta > 0 else -2"
    (record,) = judge(executor, lp.EnvModule("Pendulum-v1"), body)
    rows = table_of_parts(record.feedback)
    assert all(-2 <= float(each) <= 2 for each in rows["mean action"])
    assert len(rows["steps"]) == len(rows["mean action"]) == 13
    toy = Toy(spaces.Box(0, 1, (2,)), steps=20, action_space=spaces.MultiDiscrete([3, 3]))
    (record,) = judge(executor, lp.EnvModule(lambda: toy), "return [2, 1]")
    rows = table_of_parts(record.feedback)
    assert {*rows["mean action[0]"], "-", *rows["mean action[1]"]} == {"2", "-", "1"}


class Bumps(Toy):
    """Rewards nothing but some steps, until a limit ends it."""

    def __init__(self, rewards):
        super().__init__(spaces.Box(0, 1000, (1,)))
        self.rewards = rewards

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.count += 1
        seen, over = np.float32([self.count]), self.count == len(self.rewards)
        return seen, self.rewards[self.count - 1], False, over, {}


@settings(max_examples=40, deadline=None)
@given(st.integers(8, 150), st.data())
def test_the_steps_around_the_highest_reward_are_kept(n_steps, data):
    at = data.draw(st.integers(0, n_steps - 1))
    rewards = [0.0] * n_steps
    rewards[at] = 2.0
    rewards[data.draw(st.integers(0, n_steps - 1))] += 1.0
    at = rewards.index(max(rewards))
    with lp.InlineExecutor() as executor:
        module = lp.EnvModule(lambda: Bumps(rewards))
        (record,) = judge(executor, module, "return 1")
    episode = record.output
    steps = [step for step, _ in episode.around]
    assert at in steps
    assert len(steps) == 6
    assert steps == list(range(steps[0], steps[0] + 6))
    assert all(seen == [float(step)] for step, seen in episode.around)
    text = record.feedback
    assert "each of the steps around the highest reward" in text
    assert f"step {at + 1}" in text
    assert "a limit ended it (truncated)" in text


def test_the_last_steps_are_told_where_the_end_says_more(executor):
    module = lp.EnvModule("CartPole-v1")  # it falls
    (record,) = judge(executor, module, "return 1")
    assert "each of the last steps and at the end" in record.feedback
    module = lp.EnvModule(lambda: Bumps([0.0, 1.0] * 20), tail=12)  # whoever asks for more gets it
    (record,) = judge(executor, module, "return 1")
    assert "each of the last steps and at the end" in record.feedback
    assert "step 29" in record.feedback


def test_rewards_that_cancel_out_are_nothing():
    rewards = [0.1, 0.2, -0.3] * 7 + [1e-17, 0.0, 0.0]
    assert 0 < abs(sum(rewards)) < 1e-9
    rows = [(step, [0.0]) for step in range(24)]
    episode = Episode(0, rewards, [0] * 24, ended="truncated", final=[0.0], course=rows)
    sums = table_of_parts(Describer(["x"])(episode))["sum of rewards"]
    assert not any("e-" in each for each in sums)


def test_short_episodes_are_not_told_in_parts(executor):
    toy = Toy(spaces.Box(0, 1, (2,)), steps=9)
    (record,) = judge(executor, lp.EnvModule(lambda: toy), "return 1")
    assert "in parts" not in record.feedback


@pytest.mark.parametrize(("feedback", "count"), [(None, 1), (lambda _: "bad", 8)])
def test_a_prompt_repeats_no_calls_that_the_feedback_tells(executor, feedback, count):
    module = lp.EnvModule("CartPole-v1", feedback=feedback)
    policy = Policy(lp.Script(f"{module.stub}\n    return 1\n", "policy"))
    policy.tell(judge(executor, module, "return 1"))
    variables = update_variables(module, policy, np.random.default_rng(0))
    assert len(variables["calls"]) == count
    text = "\n".join(each.content for each in Prompts.default().render("update", variables))
    assert ("The last call of the function" in text) == (count == 1)


plain = st.recursive(
    st.one_of(st.none(), st.floats(), st.integers(), st.text(max_size=5), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=30,
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(plain, plain, st.floats()), max_size=60), plain, st.data())
def test_any_episode_is_told(tail, final, data):
    names = data.draw(st.lists(st.text(max_size=4), max_size=3))
    space = data.draw(
        st.sampled_from([None, spaces.Discrete(3), spaces.Box(-1, 1, (2,)), spaces.MultiBinary(2)])
    )
    actions = [action for _, action, _ in tail]
    episode = Episode(0, [r for _, _, r in tail], actions, tail, "truncated", final=final)
    text = Describer(names, space=space, actions={1: "go"})(episode)
    assert text.startswith("The episode with seed 0 ended after")
    assert len(text) <= 6000


def test_what_the_environment_says_at_the_end(executor):
    info = {
        "reason": "out of fuel",
        "won": np.bool_(False),
        "fuel": np.float32(0.5),
        "picture": np.zeros((100, 100)),
        "long": "x" * 1000,
        **{f"n{n}": n for n in range(50)},
    }
    module = lp.EnvModule(lambda: Toy(spaces.Box(0, 1, (2,)), info))
    (record,) = judge(executor, module, "return 1")
    assert "reason = 'out of fuel', won = False, fuel = 0.5" in record.feedback
    assert "picture" not in record.feedback
    assert len(record.output.info) == 10
    assert len(record.feedback) < 2000


def test_continuous_actions_with_several_components(executor):
    space = spaces.Box(np.array([-1, 0]), np.array([1, np.inf]), dtype=np.float64)
    module = lp.EnvModule(lambda: Toy(spaces.Box(0, 1, (2,)), action_space=space))
    (record,) = judge(executor, module, "return [-1, 3]")
    assert "Action 0 from -1 to -1, mean -1, -1 in 100% of the steps." in record.feedback
    assert "Action 1 from 3 to 3, mean 3." in record.feedback


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return 1 / (pole_angle < 9 and 0)", "ZeroDivisionError"),
        ("return 'left'", "isn't in Discrete(2)"),
    ],
)
def test_a_failure_says_in_which_step(executor, body, said):
    module = lp.EnvModule("CartPole-v1")
    (record,) = judge(executor, module, "pass")
    assert "(in step 1 of the episode with seed 0)" in record.exception
    source = f"n = 0\n{module.stub}\n    global n\n    n += 1\n    if n == 5:\n        {body}\n"
    script = lp.Script(f"{source}    return n % 2\n", "policy")
    (records,) = lp.evaluate(module, [script], [4], executor).values()
    assert said in records[0].exception
    assert "(in step 5 of the episode with seed 4 after a return of 4)" in records[0].exception


# ---- the user's own words ----


def test_words_by_argument_or_by_method(executor):
    class Mine(lp.EnvModule):
        def feedback(self, episode):
            return f"mine: {len(episode)} steps"

    told = lp.EnvModule("CartPole-v1", feedback=lambda episode: f"given: {episode.total:g}")
    (record,) = judge(executor, told, "return 0")
    assert record.feedback == f"given: {record.score:g}"
    (record,) = judge(executor, Mine("CartPole-v1"), "return 0")
    assert record.feedback == f"mine: {record.score:g} steps"


def test_words_of_a_score_stay_and_other_scores_get_some(executor):
    own = lp.EnvModule("CartPole-v1", score=lambda episode: lp.Score(1.0, "own words"))
    assert judge(executor, own, "return 0")[0].feedback == "own words"
    plain = lp.EnvModule("CartPole-v1", score=lambda episode: -episode.total)
    (record,) = judge(executor, plain, "return 0")
    assert record.score < 0
    assert "Push cart to the left" in record.feedback
    several = lp.EnvModule(
        "CartPole-v1", score=lambda episode: {"a": 1.0, "b": 2.0}, feedback=lambda _: "words"
    )
    (record,) = judge(executor, several, "return 0")
    assert (record.scores, record.feedback) == ({"a": 1.0, "b": 2.0}, "words")


def test_words_that_fail_cost_no_score(executor):
    module = lp.EnvModule("CartPole-v1", feedback=lambda episode: 1 / 0)
    with pytest.warns(UserWarning, match=r"feedback\(episode\) raised ZeroDivisionError"):
        records = judge(executor, module, "return 0", seeds=[0, 1])
    assert {record.status for record in records} == {"ok"}
    assert "Push cart" in records[0].feedback


# ---- all episodes ----


def test_returns_of_all_episodes():
    episodes = [
        Episode(n, [1.0] * (n + 1), ended="terminated" if n else "truncated") for n in range(20)
    ]
    assert describe_returns([None, *episodes]) == (
        "Returns of 20 episodes: from 1 to 20, median 10.5. Steps: from 1 to 20, median 10.5. "
        "Ends: 19 terminated, 1 truncated.\n"
        "Histogram of the returns: 4 in [1, 4.8), 4 in [4.8, 8.6), 4 in [8.6, 12.4), "
        "4 in [12.4, 16.2), 4 in [16.2, 20]."
    )
    assert describe_returns(episodes[2::-1]) == (
        "Returns of 3 episodes: 1, 2, 3. Steps: from 1 to 3, median 2. Ends: "
        "2 terminated, 1 truncated."
    )
    assert describe_returns(episodes[:1]) == describe_returns([]) == ""
    same = describe_returns([Episode(0, [1.0])] * 19)
    assert "Histogram" not in same
    assert "Steps: 1 each" in same
    assert "4 episodes" in describe_returns([*episodes[:4], Episode(0, [math.nan])])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2))
def test_a_histogram_counts_all(values):
    if min(values) < max(values):
        counts = [int(part.split(" in ")[0]) for part in histogram(values).split("), ")]
        assert sum(counts) == len(values)


def test_remarks_on_the_records_of_a_policy(executor):
    module = lp.EnvModule("CartPole-v1")
    records = judge(executor, module, "return int(pole_angle > 0)", seeds=range(6))
    text = module.remarks(records)
    assert text.startswith("Returns of 6 episodes: ")
    assert "6 terminated" in text
    assert module.remarks(judge(executor, module, "return 7", seeds=range(3))) == ""
    begun = text.partition("what was observed first in each:\n")[2].splitlines()
    head = ["seed", "return", "steps", "cart_position", "cart_velocity", "pole_angle"]
    assert begun[0].split() == [*head, "pole_angular_velocity"]
    returns = sorted((record.output.total, record.output.seed) for record in records)
    assert [line.split()[:2] for line in begun[1:]] == [[str(n), f"{x:g}"] for x, n in returns]
    with gymnasium.make("CartPole-v1") as env:
        first = env.reset(seed=returns[0][1])[0]
    assert begun[1].split()[3:] == [f"{float(each):.4g}" for each in first]


def test_the_setup_prompt_shows_an_episode_with_random_actions():
    module = lp.EnvModule("MountainCar-v0")
    text = Prompts.default().render("setup", setup_variables(module))[-1].content
    assert "An episode with random actions, for instance:" in text
    assert "ended after 200 steps with a return of -200" in text
    assert "The whole episode in parts" in text
    module = lp.EnvModule("MountainCar-v0", exception_score=-500)  # no random episode was needed
    text = Prompts.default().render("setup", setup_variables(module))[-1].content
    assert "For a start" not in text


def test_the_whole_description_of_an_episode_is_in_the_prompt(executor):
    module = lp.EnvModule("Acrobot-v1")
    policy = Policy(lp.Script(f"{module.stub}\n    return 2\n", "policy"))
    policy.tell(judge(executor, module, "return 2"))
    variables = update_variables(module, policy, np.random.default_rng(0))
    text = Prompts.default().render("update", variables)[-1].content
    assert policy.trackers["main"].records[0].feedback in text


def test_the_update_prompt_says_what_is_asked(executor):
    module = lp.EnvModule("CartPole-v1")
    script = lp.Script(f"{module.stub}\n    return 0\n", "policy")
    policy = Policy(script)
    (records,) = lp.evaluate(module, [script], range(4), executor).values()
    policy.tell(records)
    variables = update_variables(module, policy, np.random.default_rng(0))
    text = "\n".join(each.content for each in Prompts.default().render("update", variables))
    for part in (
        "`policy` is called in each step of an episode",
        "The score of an episode is its return",
        "scores 0.",
        "4 of 4 answered, with scores from",
        "the environment terminated it",
        "pole_angular_velocity  ",
    ):
        assert part in text, part


def test_how_a_score_of_ones_own_is_said():
    def score(episode):
        """Only the last reward counts."""
        return episode.rewards[-1]

    module = lp.EnvModule("CartPole-v1", score=score, exception_score=-3)
    assert "Only the last reward counts." in module.scoring
    assert "scores -3." in module.scoring
    bare = lp.EnvModule("CartPole-v1", score=lambda episode: episode.rewards[-1])
    assert "return" not in bare.scoring


def test_leaves_have_the_names_that_a_policy_would_write():
    value = {"a": np.array([[1, 2]]), "b": (3, "x"), "c": np.zeros(100)}
    names = [name for name, _ in leaves(value, "o")]
    assert names == ["o['a'][0, 0]", "o['a'][0, 1]", "o['b'][0]", "o['b'][1]", "o['c']"]
