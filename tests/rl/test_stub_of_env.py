"""Stubs made from an environment's spaces and documentation."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import langprop as lp
from langprop.errors import ModuleError
from langprop.scripts.parsing import parameters


class Made(gymnasium.Env):
    """An environment of any spaces."""

    def __init__(self, observation_space, action_space, doc=None):
        self.observation_space, self.action_space = observation_space, action_space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), 1.0, True, False, {}


def stub_of(observation_space, action_space, doc=None):
    kind = type("Documented", (Made,), {"__doc__": doc})
    module = lp.EnvModule(lambda: kind(observation_space, action_space))
    compile(module.stub, "stub", "exec")
    return module.stub


@pytest.mark.parametrize(
    ("env", "names", "texts"),
    [
        (
            "CartPole-v1",
            ["cart_position", "cart_velocity", "pole_angle", "pole_angular_velocity"],
            ["-> Literal[0, 1]", "0: Push cart to the left; 1: Push cart to the right"],
        ),
        (
            "Acrobot-v1",
            ["cosine_of_theta1", "sine_of_theta1", "cosine_of_theta2", "sine_of_theta2"],
            ["2: apply 1 torque to the actuated joint"],
        ),
        ("Pendulum-v1", ["x_cos_theta", "y_sin_theta"], ["-> float", "Torque, from -2 to 2."]),
        ("MountainCar-v0", ["position_of_car_along_x_axis"], ["1: Don't accelerate"]),
        ("Blackjack-v1", ["observation"], ["observation: tuple", "1: Hit"]),
        ("FrozenLake-v1", ["observation"], ["observation: int", "3: Move up"]),
    ],
)
def test_gymnasiums_own(env, names, texts):
    module = lp.EnvModule(env)
    assert module.entry_point == "policy"
    assert parameters(module.stub, "policy")[: len(names)] == names
    for text in texts:
        assert text in module.stub


def test_formulas_keep_their_exponents():
    assert "0.1 * theta_dt^2" in lp.EnvModule("Pendulum-v1").stub


def test_without_documentation():
    box = spaces.Box(-1, 1, (3,), np.float32)
    stub = stub_of(box, spaces.Discrete(2))
    assert "import numpy as np" in stub
    assert "(observation: np.ndarray) -> Literal[0, 1]:" in stub
    assert "An array of the shape (3,), from -1 to 1." in stub


def test_other_spaces():
    seen = spaces.Dict({"speed": spaces.Box(0, 9, ()), "gear": spaces.Discrete(5)})
    act = spaces.Dict({"brake": spaces.Discrete(2), "steer": spaces.Box(-1, 1, (2,))})
    stub = stub_of(seen, act)
    assert "(gear: int, speed: float) -> dict:" in stub
    stub = stub_of(spaces.Dict({"not a name": spaces.Discrete(2)}), spaces.MultiDiscrete([2, 3]))
    assert "(observation: dict) -> list[int]:" in stub
    stub = stub_of(spaces.MultiBinary(4), spaces.Box(-1, 1, (2,)))
    assert "(observation: list[int]) -> list[float]:" in stub
    assert "A list of 4 numbers, each 0 or 1." in stub
    assert "-> int:" in stub_of(spaces.Discrete(2), spaces.Discrete(100))


@pytest.mark.parametrize(
    ("space", "told"),
    [
        (
            spaces.MultiDiscrete([4, 3, 2]),
            "3 whole numbers: from 0 to 3, from 0 to 2, from 0 to 1.",
        ),
        (spaces.MultiDiscrete([3, 3]), "A list of 2 whole numbers, each from 0 to 2."),
        (spaces.MultiDiscrete([2, 3], start=[0, 1]), "from 0 to 1, from 1 to 3."),
        (
            spaces.Dict(gear=spaces.Discrete(3), steer=spaces.Box(-1, 1, (2,))),
            "A dict with 'gear': a whole number from 0 to 2; "
            "'steer': an array of the shape (2,), from -1 to 1.",
        ),
        (
            spaces.Tuple([spaces.Discrete(2), spaces.MultiBinary(3)]),
            "A tuple of 2: a whole number from 0 to 1; a list of 3 numbers, each 0 or 1.",
        ),
    ],
)
def test_answers_of_several_parts_are_told_in_words(space, told):
    assert told in stub_of(spaces.Discrete(2), space)


TABLE = '''Balance \\theta, say """stop""".

## Observation Space
| Num | Observation | Min | Max |
|-----|-------------|-----|-----|
| 0   | {first}     | -1  | 1   |
| 1   | {second}    | -1  | 1   |

## Action Space
- 0: stay
- 1: go
'''


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        ("Angle", "Rate", ["angle", "rate"]),
        ("Angle (rad)", "Rate [rad/s]", ["angle", "rate_rad_s"]),
        ("The `Angle`", "**Rate**", ["angle", "rate"]),
        ("Angle", "Angle", ["observation"]),  # not two of the same name
        ("class", "Rate", ["observation"]),
        ("", "Rate", ["observation"]),
        ("3rd", "Rate", ["observation"]),
    ],
)
def test_names_from_a_table(first, second, named):
    doc = TABLE.format(first=first, second=second)
    stub = stub_of(spaces.Box(-1, 1, (2,)), spaces.Discrete(2), doc)
    assert parameters(stub, "policy") == named
    assert "0: stay; 1: go" in stub


def test_a_table_of_another_size_names_nothing():
    doc = TABLE.format(first="Angle", second="Rate")
    stub = stub_of(spaces.Box(-1, 1, (3,)), spaces.Discrete(3), doc)
    assert parameters(stub, "policy") == ["observation"]
    assert "A whole number from 0 to 2." in stub


@pytest.mark.parametrize(
    "doc", ["", "#", "|", "## Action\n| Num | Action |", "```", "\\", '"""', "a" * 100_000, "\x00"]
)
def test_any_docstring_makes_a_stub_that_is_python(doc):
    assert "def policy(" in stub_of(spaces.Discrete(2), spaces.Discrete(2), doc)


def test_a_stub_that_was_made_is_trained():
    module = lp.EnvModule("CartPole-v1")
    with lp.LocalExecutor(workers=1) as executor:
        script = lp.Script(module.stub + "\n    return int(pole_angle > 0)\n", "policy")
        (records,) = lp.evaluate(module, [script], [1, 2], executor).values()
    assert {record.status for record in records} == {"ok"}


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ("CartPole-v9", r"nearest: CartPole-v0, CartPole-v1"),
        ("cartpole-v1", r"nearest: CartPole-v0, CartPole-v1"),
        ("CartPol-v1", r"nearest: CartPole-v1"),
        ("ALE/Pong-v5", r"pip install ale-py"),
        ("", r"there is no environment ''"),
        ("nosuchmodule:Env-v0", r"No module named 'nosuchmodule'"),
    ],
)
def test_environments_that_are_not_there(env, message):
    with pytest.raises(ModuleError, match=message):
        lp.EnvModule(env)


def test_an_environment_that_lacks_its_extra():
    pytest.importorskip("gymnasium")
    try:
        import Box2D  # noqa: F401
    except ModuleNotFoundError:
        with pytest.raises(ModuleError, match=r"gymnasium\[box2d\]"):
            lp.EnvModule("LunarLander-v3")
    else:
        pytest.skip("it is installed")


def test_what_makes_no_single_environment():
    with pytest.raises(ModuleError, match="a vector of them"):
        lp.EnvModule(lambda: gymnasium.make_vec("CartPole-v1", 2))
    with pytest.raises(ModuleError, match="raised ZeroDivisionError"):
        lp.EnvModule(lambda: 1 / 0)
    with pytest.raises(ModuleError, match="nonsense"):
        lp.EnvModule("CartPole-v1", nonsense=3)
    with pytest.raises(ModuleError, match="max_episode_steps must be a whole number, 1 or"):
        lp.EnvModule("CartPole-v1", max_episode_steps=0)
    with pytest.raises(ModuleError, match="on_env_error"):
        lp.EnvModule("CartPole-v1", on_env_error="ignore")
