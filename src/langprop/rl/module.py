"""EnvModule: a policy for a Gymnasium environment, trained from returns."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any, Literal

from langprop.errors import EnvError, ModuleError, PolicyError
from langprop.modules.module import Module
from langprop.modules.objectives import below
from langprop.modules.score import Score, Scored, described
from langprop.modules.stub import Stub
from langprop.rl.envs import Envs, is_count
from langprop.rl.episode import TAIL, Episode

if TYPE_CHECKING:
    from pathlib import Path

    import gymnasium

    from langprop.population.record import Record
    from langprop.rl.filmed import FilmedEnvs

_RANDOM_EPISODES, _RANDOM_STEPS = 4, 1_000
_RANDOM_TIME = 5.0  # [s] after which one such episode has to do


class EnvModule(Module):
    """A policy for a Gymnasium environment.

    A sample is a reset seed, the score is the episode's return. The environment stays on the
    trusted side; only observations go to the script and actions come back. Where the stub names the
    components of an observation, each is an argument of its own and a plain number: the numbers of
    a flat `Box`, `MultiDiscrete` or `MultiBinary`, the keys of a `Dict`, the items of a `Tuple`. A
    stub with one parameter gets the whole.

    Args:
        env: Id of a registered environment, or a function that makes one.
        stub: The policy to be trained, with a docstring; or its source. None to have it made from
            the environment's spaces and documentation.
        score: `score(episode)` gives a number, several objectives as a dict, or a `Score`; the
            return, if not given.
        weights: Weight of each objective; see `Module`.
        feedback: `feedback(episode)` says what a model is told of an episode; if not given, how it
            ended, its rewards, actions and last steps. A subclass may define `feedback` instead. A
            `Score` with feedback keeps its own.
        exception_score: Score of an episode in which the policy failed. If not given, it is far
            below the worst of some episodes with random actions, so that to fail never pays.
        seeds: Sources of the first scripts; the stub, if it has an implementation.
        depends: Other modules whose functions the policy may call.
        max_episode_steps: Where an episode ends at the latest. By default where the environment
            says, and after 1,000 steps if it doesn't.
        tail: Steps before the end that an episode keeps with their observations.
        n_envs: Environments at a time, for those that there can be only one of, or that are large;
            as many as are of use, if not given. With a number, scripts run one after the other.
        on_env_error: What becomes of an environment that raises although the action is in its
            space: "fail" ends the run with an `EnvError`, "record" makes it a failure of the
            policy.
        env_kwargs: Passed to `gymnasium.make`, or to the function.

    Attributes:
        action_space: Of the environment.
        observation_space: Likewise.

    Raises:
        MissingDependency: Gymnasium isn't installed.
        ModuleError: There is no such environment, or the stub doesn't fit its observations.
        EnvError: The environment raised in an episode with random actions.
    """

    _envs: Envs | FilmedEnvs

    def __init__(
        self,
        env: str | Callable[..., gymnasium.Env[Any, Any]],
        stub: Callable[..., Any] | str | None = None,
        *,
        score: Callable[[Episode], Scored] | None = None,
        feedback: Callable[[Episode], str] | None = None,
        weights: Mapping[str, float] | None = None,
        exception_score: float | Mapping[str, float] | None = None,
        seeds: Sequence[str] = (),
        depends: Sequence[Module] = (),
        max_episode_steps: int | None = None,
        tail: int = TAIL,
        n_envs: int | None = None,
        on_env_error: Literal["fail", "record"] = "fail",
        **env_kwargs: Any,
    ) -> None:
        if on_env_error not in ("fail", "record"):
            raise ModuleError(f'on_env_error must be "fail" or "record", but got {on_env_error!r}.')
        if not is_count(tail, 0):
            raise ModuleError(f"tail must be a whole number, 0 or more, but got {tail!r}.")
        if n_envs is not None and not is_count(n_envs):
            raise ModuleError(f"n_envs must be a whole number, 1 or more, but got {n_envs!r}.")
        self.side_by_side = None if n_envs is None else int(n_envs)
        self._envs = Envs(env, env_kwargs, max_episode_steps, few=n_envs is not None)
        from langprop.rl.actions import action_reader
        from langprop.rl.describe import Describer
        from langprop.rl.leaves import Ranges
        from langprop.rl.observations import argument_reader, find_nan
        from langprop.rl.replica import Replicas

        first = self._envs.first
        self.action_space, self.observation_space = first.action_space, first.observation_space
        if stub is None:
            from langprop.rl.stub import make_stub

            stub = make_stub(first, self._envs.name)
        read = Stub.from_source(stub) if isinstance(stub, str) else Stub.from_function(stub)
        self.entry_point, self.stub = read.entry_point, read.source
        self.seeds = list(seeds) or ([read.seed] if read.seed is not None else [])
        self._score, self._feedback = score, feedback
        self._describe = Describer.of(first, self.stub, self.entry_point)
        self._ranges = Ranges
        self.weights = {} if weights is None else weights
        self._tail = int(tail)
        self._on_env_error = on_env_error
        self._arguments = argument_reader(self.observation_space, self.stub, self.entry_point)
        self._find_nan = find_nan
        self._read = action_reader(self.action_space)
        parts = env, env_kwargs, max_episode_steps
        self._replicas = Replicas(*parts, stub=read.source, tail=tail, on_env_error=on_env_error)
        self._last: tuple[Any, Any] = (None, None)  # an answer, and the action that it is
        self._examine()
        self._telling = False  # no score of an episode with random actions needs words
        self._random: Episode | None = None  # one of these
        self.exception_score = self._below_random() if exception_score is None else exception_score
        self._telling = True
        super().__init__(depends=depends)

    @property
    def envs(self) -> Envs:
        """The environments that episodes run in.

        Raises:
            ModuleError: It is being filmed, with one of its own.
        """
        if not isinstance(self._envs, Envs):
            raise ModuleError("the episodes of this module are being filmed.")
        return self._envs

    def _examine(self) -> None:
        """Find out whether episodes depend on their seeds alone, and tell what is done if not."""
        name, found = self._envs.name, self.envs.examine(self._arguments)
        if found.draws:
            self._warn_of_draws()
        if found.keeps:
            self.warn_once(
                "keeps",
                f"{name} shows something else after a reset than when it is new, as wrappers that "
                "keep averages do: each episode gets a new one, so that its return depends on its "
                "seed alone.",
            )
        if found.unsteady:
            self.warn_once(
                "unsteady",
                f"{name} shows something else each time for the same seed, so that returns differ "
                "from run to run: let reset(seed=...) seed whatever it draws from.",
            )

    def _warn_of_draws(self) -> None:
        self.warn_once(
            "draws",
            f"{self._envs.name} draws from random or from numpy's global generator: each episode "
            "gets these for itself, seeded with its seed, and runs in this process. Faster is "
            "self.np_random, which gymnasium.Env.reset(seed=...) seeds.",
        )

    def _below_random(self) -> float | dict[str, float]:
        """A score below any that a policy is likely to get, from episodes with random actions."""
        from langprop.rl.own_random import global_state, restore

        before = global_state()
        found = self._play_at_random()
        if not self.envs.own_random and global_state() != before:  # later than in its first steps
            restore(before)
            self.envs.seed_globals()
            self._warn_of_draws()
            self._random = None
            found = self._play_at_random()
        return found

    def _play_at_random(self) -> float | dict[str, float]:
        self.action_space.seed(0)
        scores: list[Scored] = []
        problem: Exception | None = None
        deadline = time.perf_counter() + _RANDOM_TIME
        for seed in range(_RANDOM_EPISODES):
            if scores and time.perf_counter() > deadline:
                break
            # Not a subclass's own, which need not know `limit`, or isn't ready yet.
            flow = EnvModule.forward(self, lambda *_: None, seed, _RANDOM_STEPS)
            try:
                next(flow)
                while True:
                    flow.send(self.action_space.sample())
            except StopIteration as end:
                episode = end.value
                self._random = self._random or episode
            except PolicyError:  # the environment's error, as a record
                continue
            try:
                score = self.score(episode, None)
                below([score], self.weights)
                scores.append(score)
            except Exception as error:
                problem = error
        if not scores:
            raise ModuleError(
                "no episode with random actions has a score: give the module an exception_score "
                "below any that a policy may get "
                f"({_named(problem) if problem else 'the environment raised'})."
            ) from problem
        return below(scores, self.weights)

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
        seed = int(sample)
        if seed < 0 or (isinstance(sample, float) and seed != sample):
            raise ValueError(f"a sample is the seed of a reset, 0 or more, but got {sample!r}")
        return (seed,), None

    def forward(
        self, function: Callable[..., Any], seed: int, limit: int | None = None
    ) -> Generator[Any, Any, Episode]:
        """One episode.

        Args:
            function: The policy.
            seed: Seed of the reset.
            limit: Steps after which it is stopped, where the environment wouldn't stop it before.
        """
        limit = self._envs.limit if limit is None else min(limit, self._envs.limit)
        episode = Episode(seed, limit=limit)
        rewards, actions, arguments = episode.rewards, episode.actions, self._arguments
        tail: deque[tuple[Any, Any, float]] = deque(maxlen=self._tail)
        env, sound = self._envs.take(), True
        try:
            try:
                seen = arguments(_first(env.reset(seed=seed)))
                ranges = self._ranges(seen, rewards)
                note, numbers = ranges.note, ranges.plain
                note(seen)
                watched = "nan" not in self.warned and self._is_whole(seen, seed, 0)
            except Exception as error:
                sound = False
                raise self._failed(seed, 0, None, error) from error
            step = env.step
            while True:
                try:
                    answer = yield function(*seen)
                    last = self._last  # `check_output` has just read it
                    action = last[1] if last[0] is answer else self._action(answer)
                except PolicyError as error:
                    raise _placed(error, episode) from error
                try:
                    observation, reward, over, truncated, info = step(action)
                    reward = float(reward)
                    before, seen = seen, arguments(observation)
                    ended = over or truncated or len(rewards) + 1 >= limit
                    note(seen)
                    # A sum takes a part of the time.
                    if watched and not ended and (not numbers or isnan(sum(seen))):
                        watched = self._is_whole(seen, seed, len(rewards) + 1)
                except Exception as error:
                    sound = False
                    raise self._failed(seed, len(rewards) + 1, action, error) from error
                rewards.append(reward)
                actions.append(answer)
                tail.append((before, answer, reward))
                if ended:
                    break
            episode.ended = "terminated" if over else "truncated"
            if not (over or truncated or self._envs.given) and limit == self._envs.limit:
                self._warn_of_no_end(limit)
            episode.look_back(tail, seen, info, ranges)
            return episode
        finally:
            if sound:  # else it may be spoilt
                self._envs.put(env)

    def replica(self) -> Callable[[], Module] | None:
        """What makes the same environments in another process.

        Returns:
            None where a subclass runs episodes in its own way, where the environment can't be sent
            there (see `Module.replica`), or where what it is made of has changed.
        """
        return self._replicas.get(self)

    def _failed(self, seed: int, step: int, action: Any, error: Exception) -> Exception:
        """The environment's own error."""
        told = EnvError(self._envs.name, seed, step, action, error)
        return told if self._on_env_error == "fail" else PolicyError("exception", str(told))

    def _is_whole(self, seen: Sequence[Any], seed: int, step: int) -> bool:
        """Whether there is no NaN in what a policy gets; the first one is warned of."""
        if not self._find_nan(seen):
            return True
        self.warn_once(
            "nan",
            f"an observation of {self._envs.name} holds NaN (seed {seed}, after {step} steps): it "
            "is passed on to the policy.",
        )
        return False

    def _warn_of_no_end(self, limit: int) -> None:
        self.warn_once(
            "no end",
            f"an episode without end: {self._envs.name} has no limit of steps, and was stopped "
            f"after {limit:,}. Give EnvModule(max_episode_steps=...).",
        )

    def _action(self, answer: Any) -> Any:
        """The answer as an action of the space."""
        try:
            return self._read(answer)
        except ValueError as error:  # a subclass checks otherwise
            raise PolicyError("bad_output", f"ValueError: {error}") from None

    def check_output(self, output: Any) -> Any:
        """Refuse what isn't an action of the space."""
        self._last = output, self._read(output)

    def score(self, output: Any, label: Any) -> Scored:
        """The return, or what the user's function says; and in words how the episode went."""
        del label
        given = output.finite_total() if self._score is None else self._score(output)
        if not self._telling or (isinstance(given, Score) and given.feedback):
            return given
        return Score(given.value if isinstance(given, Score) else given, self._told(output))

    @property
    def scores_return(self) -> bool:
        """Whether the score of an episode is its return."""
        return self._score is None and type(self).score is EnvModule.score

    def feedback(self, episode: Episode) -> str:
        """What whoever writes the next script is told of an episode; a subclass may say more."""
        return self._describe(episode) if self._feedback is None else self._feedback(episode)

    @property
    def introduction(self) -> str:
        """An episode with random actions, where there was one: it shows what actions do."""
        if self._random is None:
            return ""
        return f"An episode with random actions, for instance:\n{self._told(self._random)}"

    @property
    def feedback_tells_calls(self) -> bool:
        """Whether the usual description of episodes is given, which holds the last steps."""
        usual = self._feedback is None and type(self).feedback is EnvModule.feedback
        return usual and self.scores_return and self._tail > 0

    def _told(self, episode: Episode) -> str:
        try:
            told = self.feedback(episode)
            return "" if told is None else str(told)
        except Exception as error:  # what is said of an episode mustn't change its score
            self.warn_once(
                "feedback",
                f"feedback(episode) raised {type(error).__name__}: {error}. The usual description "
                "is given instead.",
            )
            return self._describe(episode)

    def remarks(self, records: Sequence[Record]) -> str:
        """How the episodes of a step went, all together: their returns, lengths and ends."""
        from langprop.rl.returns import describe_returns

        episodes = [each.output for each in records if isinstance(each.output, Episode)]
        return describe_returns(episodes, self._describe.names(episodes[0]) if episodes else ())

    @property
    def scoring(self) -> str:
        """How episodes are run and scored, in words."""
        what = (
            f"`{self.entry_point}` is called in each step of an episode, with what is observed "
            "then, and its answer is the action. What it keeps in module-level variables lives for "
            "one episode."
        )
        how = "The score of an episode is its return, the sum of its rewards."
        if self._score is not None:
            how = described(self._score)
        failed = self.exception_score
        least = f"{failed:.6g}" if isinstance(failed, (int, float)) else "far less"
        return (
            f"{what} {how} An episode in which it raises, or answers with what is no action, "
            f"scores {least}."
        ).replace("  ", " ")

    def record(self, path: str | Path, *, seed: int = 0, fps: float | None = None) -> Record:
        """Film an episode of the best policy.

        Args:
            path: Where to: a .gif, or an .mp4, which needs imageio-ffmpeg.
            seed: Of the reset.
            fps: Steps shown in a second; None for the environment's own pace.

        Returns:
            What the policy did in it.

        Raises:
            ModuleError: The module isn't trained, or the environment can't be rendered.
            MissingDependency: A package is missing; says which.
            ValueError: The path or fps is no good.
            OSError: The file can't be written.
        """
        from langprop.rl.video import record_video

        return record_video(self, path, seed=seed, fps=fps)


def _named(error: Exception) -> str:
    return str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"


def _first(result: Any) -> Any:
    """The observation that a reset gave.

    Raises:
        ValueError: It gave something else, as environments of the old Gym do.
    """
    if not isinstance(result, tuple) or len(result) != 2:
        raise ValueError(
            f"reset() must return (observation, info), but gave a {type(result).__name__}: it is "
            "an environment of the old Gym; wrap it, or mend its reset and step."
        )
    return result[0]


def _placed(error: PolicyError, episode: Episode) -> PolicyError:
    """A failure, with the step that it arose in."""
    steps = len(episode)
    after = f" after a return of {episode.total:.6g}" if steps else ""
    text = f"{error}\n(in step {steps + 1} of the episode with seed {episode.seed}{after})"
    return PolicyError(error.status, text, seconds=error.seconds, printed=error.printed)
