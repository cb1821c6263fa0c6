"""EnvModule: a policy for a Gymnasium environment, trained from returns."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langprop.errors import MissingDependency, ModuleError
from langprop.modules.module import Module
from langprop.modules.score import Score, described
from langprop.modules.stub import Stub
from langprop.scripts.parsing import parameters

if TYPE_CHECKING:
    import gymnasium

TAIL = 6
"""Steps before the end that the feedback shows."""

_RANDOM_EPISODES, _RANDOM_STEPS = 4, 1_000


@dataclass
class Episode:
    """What happened between a reset and the end.

    Attributes:
        seed: Seed of the reset.
        rewards: One per step.
        actions: One per step, as the policy gave them.
        tail: Observation, action and reward of the last steps.
        ended: "terminated" by the environment, "truncated" by its time limit.
    """

    seed: int
    rewards: list[float] = field(default_factory=list)
    actions: list[Any] = field(default_factory=list)
    tail: list[tuple[Any, Any, float]] = field(default_factory=list)
    ended: str = ""

    @property
    def total(self) -> float:
        """The return: sum of the rewards."""
        return float(sum(self.rewards))


class EnvModule(Module):
    """A policy for a Gymnasium environment.

    A sample is a reset seed, the score is the episode's return. The environment stays on the
    trusted side; only observations go to the script and actions come back. A stub with one
    parameter for each component of a flat `Box` gets plain floats; a stub with one parameter
    gets the observation as it is.

    Args:
        env: Id of a registered environment, or a function that makes one.
        stub: The policy to be trained, with a docstring; or its source.
        score: `score(episode) -> float | Score`; the return, if not given.
        exception_score: Score of an episode in which the policy failed. If not given, it is far
            below the worst of some episodes with random actions, so that to fail never pays.
        seeds: Sources of the first scripts; the stub, if it has an implementation.
        depends: Other modules whose functions the policy may call.
        env_kwargs: Passed to `gymnasium.make`.

    Raises:
        MissingDependency: Gymnasium isn't installed.
        ModuleError: There is no such environment, or the stub doesn't fit its observations.
    """

    def __init__(
        self,
        env: str | Callable[[], gymnasium.Env[Any, Any]],
        stub: Callable[..., Any] | str,
        *,
        score: Callable[[Episode], float | Score] | None = None,
        exception_score: float | None = None,
        seeds: Sequence[str] = (),
        depends: Sequence[Module] = (),
        **env_kwargs: Any,
    ) -> None:
        read = Stub.from_source(stub) if isinstance(stub, str) else Stub.from_function(stub)
        self.entry_point, self.stub = read.entry_point, read.source
        self.seeds = list(seeds) or ([read.seed] if read.seed is not None else [])
        self._score = score
        self._make = _factory(env, env_kwargs) if isinstance(env, str) else env
        self._free: list[gymnasium.Env[Any, Any]] = [_made(self._make)]
        self.action_space = self._free[0].action_space
        self.observation_space = self._free[0].observation_space
        self._spread = self._spreads()
        self.exception_score = self._below_random() if exception_score is None else exception_score
        super().__init__(depends=depends)

    def _spreads(self) -> bool:
        """Whether the components of an observation become arguments of their own."""
        names = parameters(self.stub, self.entry_point)
        shape = self.observation_space.shape
        if len(names) == 1:
            return False
        if shape is not None and shape == (len(names),):
            return True
        raise ModuleError(
            f"{self.entry_point} has the parameters {', '.join(names) or '(none)'}, but an "
            f"observation is {self.observation_space}: give it one parameter, or one for each "
            "component of a flat Box."
        )

    def _below_random(self) -> float:
        """A score below any that a policy is likely to get, from episodes with random actions."""
        env, worst = self._free[0], math.inf
        env.action_space.seed(0)
        for seed in range(_RANDOM_EPISODES):
            episode = Episode(seed)
            env.reset(seed=seed)
            while not episode.ended and len(episode.rewards) < _RANDOM_STEPS:
                action = env.action_space.sample()
                _, reward, terminated, truncated, _ = env.step(action)
                episode.rewards.append(float(reward))
                episode.actions.append(action)
                episode.ended = "terminated" if terminated else "truncated" if truncated else ""
            score = self.score(episode, None)
            worst = min(worst, score.value if isinstance(score, Score) else float(score))
        return worst - max(1.0, abs(worst))

    def train_data(self) -> Sequence[Any]:
        """Reset seeds; those for validation and test are others."""
        return range(10_000)

    def val_data(self) -> Sequence[Any]:
        """Reset seeds for validation."""
        return range(1_000_000, 1_000_050)

    def test_data(self) -> Sequence[Any]:
        """Reset seeds for the test."""
        return range(2_000_000, 2_000_100)

    def preprocess(self, sample: Any) -> tuple[Any, ...]:
        """A sample is a reset seed."""
        return (int(sample),), None

    def forward(self, function: Callable[..., Any], seed: int) -> Generator[Any, Any, Episode]:
        """One episode."""
        env = self._free.pop() if self._free else self._make()
        try:
            episode = Episode(seed)
            observation, _ = env.reset(seed=seed)
            while not episode.ended:
                answer = yield function(*self._arguments(observation))
                seen, action = observation, self._action(answer)
                observation, reward, terminated, truncated, _ = env.step(action)
                episode.rewards.append(float(reward))
                episode.actions.append(answer)
                episode.tail.append((seen, answer, float(reward)))
                del episode.tail[:-TAIL]
                episode.ended = "terminated" if terminated else "truncated" if truncated else ""
            return episode
        finally:
            self._free.append(env)

    def _arguments(self, observation: Any) -> Sequence[Any]:
        # Plain floats: with numpy scalars a small policy spends its time in numpy.
        return observation.tolist() if self._spread else (observation,)

    def _action(self, answer: Any) -> Any:
        """The answer as an action of the space; `check_output` has seen it."""
        import numpy as np

        if self.action_space.shape == ():
            return int(answer)
        return np.asarray(answer, dtype=self.action_space.dtype).reshape(self.action_space.shape)

    def check_output(self, output: Any) -> Any:
        """Refuse what isn't an action of the space."""
        import numpy as np

        space = self.action_space
        if space.shape is None:
            legal = space.contains(output)
        elif space.shape == ():
            legal = _is_whole(output) and _contains(space, int(output))
        else:
            try:
                array = np.asarray(output, dtype=space.dtype)
            except (TypeError, ValueError):
                array = None
            legal = (
                array is not None
                and array.size == np.prod(space.shape)
                and space.contains(array.reshape(space.shape))
            )
        if not legal:
            raise ValueError(f"the action {output!r} isn't in {space}")

    def score(self, output: Any, label: Any) -> float | Score:
        """The return, with a report of how the episode ended; or what the user's function says."""
        del label
        if self._score is not None:
            return self._score(output)
        return Score(output.total, describe(output))

    @property
    def scoring(self) -> str:
        """How episodes are scored, in words."""
        if self._score is not None:
            return described(self._score)
        return "An episode scores its return, the sum of its rewards."


def _is_whole(value: Any) -> bool:
    import numpy as np

    if isinstance(value, (int, np.integer, np.bool_)):
        return True
    return isinstance(value, (float, np.floating)) and float(value).is_integer()


def _contains(space: gymnasium.Space[Any], number: int) -> bool:
    size = getattr(space, "n", None)
    if size is None or not hasattr(space, "start"):
        return bool(space.contains(number))
    return bool(space.start <= number < space.start + size)  # Discrete's own test is slow


def describe(episode: Episode) -> str:
    """An episode in words: how it ended, what was done how often, and the last steps."""
    lines = [
        f"The episode had {len(episode.rewards)} steps and a return of {episode.total:g}; "
        f"it was {episode.ended}.",
    ]
    try:
        counts = Counter(str(action) for action in episode.actions)
    except Exception:  # an action that can't be shown
        counts = Counter()
    if 0 < len(counts) <= 10:
        lines.append(
            "Actions: " + ", ".join(f"{action} × {count}" for action, count in counts.most_common())
        )
    lines.append("The last steps (observation | action | reward):")
    for observation, action, reward in episode.tail:
        lines.append(f"  {_short(observation)} | {_short(action)} | {reward:g}")
    return "\n".join(lines)


def _short(value: Any) -> str:
    import numpy as np

    if isinstance(value, np.ndarray):
        text = np.array2string(value, precision=3, threshold=12, separator=", ").replace("\n", "")
    else:
        text = f"{value:.3g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 120 else text[:117] + "..."


def _made(make: Any) -> gymnasium.Env[Any, Any]:
    env: Any = make() if callable(make) else None
    if not hasattr(env, "action_space"):
        raise ModuleError(
            "EnvModule needs the id of an environment, or a function that makes one, "
            f"but got {make!r}."
        )
    made: gymnasium.Env[Any, Any] = env
    return made


def _factory(env_id: str, kwargs: dict[str, Any]) -> Callable[[], gymnasium.Env[Any, Any]]:
    try:
        import gymnasium
    except ModuleNotFoundError as error:
        raise MissingDependency(f"EnvModule({env_id!r})", "gym") from error

    def make() -> gymnasium.Env[Any, Any]:
        try:
            # The checker re-examines every observation and action; ours are checked by this module.
            return gymnasium.make(env_id, disable_env_checker=True, **kwargs)
        except gymnasium.error.DependencyNotInstalled as error:
            raise ModuleError(f"the environment {env_id!r} needs a package: {error}") from error
        except gymnasium.error.Error as error:
            raise ModuleError(f"there is no environment {env_id!r}: {error}") from error

    return make
