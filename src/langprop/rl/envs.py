"""Envs: the environments of a module, made as they are needed."""

from __future__ import annotations

import contextlib
import difflib
import inspect
import re
import weakref
from collections.abc import Callable, Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any

from langprop.errors import MissingDependency, ModuleError

if TYPE_CHECKING:
    import gymnasium

    from langprop.rl.observations import Arguments
    from langprop.rl.repeats import Repeats

DEFAULT_LIMIT = 1_000
"""Steps of an episode in an environment without a limit of its own."""

_MAX_FREE = 512  # environments kept for later


class Envs:
    """The environments of a module, made as they are needed and kept for the next episodes.

    Args:
        env: Id of a registered environment, or a function that makes one.
        kwargs: For `gymnasium.make`, or for the function.
        max_episode_steps: Where an episode ends at the latest; None for the environment's own
            limit, or 1,000 if it has none.
        few: Whether no more may be made than are taken at a time.

    Attributes:
        name: Of the environment, for messages.
        limit: Steps of an episode.
        given: Whether somebody has chosen the limit: the user or the environment.
        own_random: Whether each has global random generators of its own: see `OwnRandom`.
        reused: Whether one may be used for several episodes.

    They are closed when this object goes, at the latest at the end of the program.

    Raises:
        MissingDependency: Gymnasium isn't installed.
        ModuleError: There is no such environment, or it can't be made; or the limit is no positive
            number.
    """

    def __init__(
        self,
        env: str | Callable[..., gymnasium.Env[Any, Any]],
        kwargs: Mapping[str, Any],
        max_episode_steps: int | None = None,
        *,
        few: bool = False,
    ) -> None:
        if max_episode_steps is not None and not is_count(max_episode_steps):
            raise ModuleError(
                "max_episode_steps must be a whole number, 1 or more, but got "
                f"{max_episode_steps!r}."
            )
        try:
            import gymnasium  # noqa: F401 - told here by the name of the extra
        except ModuleNotFoundError as error:
            raise MissingDependency(f"EnvModule({env!r})", "gym") from error
        self._env, self._few = env, few
        self._kwargs = dict(kwargs)
        if isinstance(env, str):
            # The checker looks at each observation and action again.
            self._kwargs = {"disable_env_checker": True, **self._kwargs}
            if max_episode_steps is not None:  # the environment's own may be shorter
                self._kwargs["max_episode_steps"] = int(max_episode_steps)
        self.own_random, self.reused = False, True
        self._free: list[Any] = []
        weakref.finalize(self, _close_all, self._free)
        self.first = self._made()  # with its wrappers
        bare, own = _peel(self.first)
        self._free.append(bare)
        spec = getattr(self.first, "spec", None)
        self.name = env if isinstance(env, str) else str(getattr(spec, "id", type(bare).__name__))
        limits = [limit for limit in (max_episode_steps, own) if limit is not None]
        self.given = bool(limits) or getattr(spec, "max_episode_steps", None) is not None
        self.limit = min(limits, default=DEFAULT_LIMIT if not self.given else 1 << 62)

    def take(self) -> Any:
        """One that nobody uses, without the wrapper that limits steps: `limit` does."""
        return self._free.pop() if self._free else self.fresh()

    def fresh(self) -> Any:
        """A new one, likewise; whoever asks for it closes it."""
        return self._ready(_peel(self._made())[0])

    def examine(self, arguments: Arguments) -> Repeats:
        """Find out how they have to be used, while nobody uses one.

        Args:
            arguments: Turns observations into arguments of the policy.

        Returns:
            What was found; it is taken into account from now on.
        """
        from langprop.rl.repeats import examine

        env = self.take()
        found = examine(env, None if self._few else self.fresh, arguments)
        self._free.append(env)
        if found.draws:
            self.seed_globals()
        if found.keeps:
            self.reused = False
            self.close()  # this one isn't new any more
        return found

    def seed_globals(self) -> None:
        """Give each of them global random generators of its own, while nobody uses one."""
        self.own_random = True
        self._free[:] = map(self._ready, self._free)

    def _ready(self, env: Any) -> Any:
        if not self.own_random or hasattr(env, "_borrowed"):
            return env
        from langprop.rl.own_random import OwnRandom

        return OwnRandom(env)

    def put(self, env: Any) -> None:
        """Give one back; it will be reset, unless it is used no more."""
        if self.reused and len(self._free) < _MAX_FREE:
            self._free.append(env)
        else:
            env.close()

    def drawn(self) -> Any:
        """A new one whose `render()` gives pictures, with all of its wrappers but the formalities.

        Raises:
            ModuleError: There is none.
        """
        if self._few:
            self.close()
        mode = {"render_mode": "rgb_array"}
        modes = list(self.first.metadata.get("render_modes") or ())
        if isinstance(self._env, str):
            if "rgb_array" not in modes:
                raise ModuleError(
                    f"{self.name} can't be drawn: its render_modes are {modes}, without "
                    "'rgb_array'."
                )
            env = _make(self._env, {**self._kwargs, **mode})
        else:
            env = self._made(mode if _takes(self._env, "render_mode") else {})
        if getattr(env, "render_mode", None) not in ("rgb_array", "rgb_array_list"):
            env.close()
            raise ModuleError(
                f"{self.name} can't be drawn: let the function that makes it take "
                'render_mode=None, and give it to the environment; it is called with "rgb_array".'
            )
        return self._ready(_peel(env)[0])

    def close(self) -> None:
        """Close those that nobody uses."""
        _close_all(self._free)

    def _made(self, more: Mapping[str, Any] | None = None) -> gymnasium.Env[Any, Any]:
        if isinstance(self._env, str):
            return _make(self._env, self._kwargs)
        env: Any = None
        if callable(self._env):
            try:
                env = self._env(**{**self._kwargs, **(more or {})})
            except Exception as error:
                raise ModuleError(
                    f"the function that makes the environment raised {type(error).__name__}: "
                    f"{error}"
                ) from error
        if hasattr(env, "num_envs"):
            raise ModuleError(
                f"EnvModule needs a single environment, but {self._env!r} makes a vector of them: "
                "episodes advance side by side anyway."
            )
        if not (hasattr(env, "action_space") and hasattr(env, "observation_space")):
            raise ModuleError(
                "EnvModule needs the id of an environment, or a function that makes one, "
                f"but got {self._env!r}."
            )
        made: gymnasium.Env[Any, Any] = env
        return made


def is_count(value: Any, least: int = 1) -> bool:
    """Whether it is a whole number, of any type but bool, and no less than another one."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def _close_all(envs: list[Any]) -> None:
    while envs:
        with contextlib.suppress(Exception):  # of no use any more, whatever it says
            envs.pop().close()


def _takes(function: Callable[..., Any], name: str) -> bool:
    """Whether a function takes an argument of that name."""
    try:
        every = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    return name in every or any(each.kind is each.VAR_KEYWORD for each in every.values())


def _peel(env: gymnasium.Env[Any, Any]) -> tuple[gymnasium.Env[Any, Any], int | None]:
    """An environment without Gymnasium's outermost formalities, and the limit among them.

    They take a tenth of a step of CartPole. What they check is kept by whoever runs episodes.
    """
    from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker, TimeLimit

    limit: int | None = None
    while type(env) in (OrderEnforcing, PassiveEnvChecker, TimeLimit):
        if type(env) is TimeLimit:
            own = int(env._max_episode_steps)
            limit = own if limit is None else min(limit, own)
        env = env.env  # type: ignore[attr-defined]
    return env, limit


def _make(env_id: str, kwargs: dict[str, Any]) -> gymnasium.Env[Any, Any]:
    import gymnasium

    try:
        env: gymnasium.Env[Any, Any] = gymnasium.make(env_id, **kwargs)
    except gymnasium.error.DependencyNotInstalled as error:
        raise ModuleError(
            f"the environment {env_id!r} needs a package: {error}{_extra(str(error))}"
        ) from error
    except gymnasium.error.NamespaceNotFound as error:
        hint = _packages(env_id) or _near(env_id)
        raise ModuleError(f"there is no environment {env_id!r}: {error}{hint}") from error
    except gymnasium.error.Error as error:
        raise ModuleError(f"there is no environment {env_id!r}: {error}{_near(env_id)}") from error
    except ImportError as error:
        raise ModuleError(f"the environment {env_id!r} needs a package: {error}") from error
    except Exception as error:
        raise ModuleError(
            f"the environment {env_id!r} can't be made: {type(error).__name__}: {error}"
        ) from error
    return env


def _extra(text: str) -> str:
    """What to type, where Gymnasium doesn't say it."""
    if "pip install" in text:
        return ""
    known = {"box2d": "box2d", "mujoco": "mujoco", "pygame": "classic-control", "jax": "jax"}
    for word, extra in known.items():
        if word in text.lower():
            return f'; run  pip install "gymnasium[{extra}]"'
    return ""


def _packages(env_id: str) -> str:
    space = env_id.partition("/")[0]
    known = {"ALE": "ale-py", "MiniGrid": "minigrid", "BabyAI": "minigrid"}
    if space in known:
        return f" It comes with another package: pip install {known[space]}, then import it."
    return ""


def _near(env_id: str) -> str:
    """The nearest ids that there are."""
    import gymnasium

    ids = list(gymnasium.registry)
    name = re.sub(r"-v\d+$", "", env_id)
    same = [each for each in ids if re.sub(r"-v\d+$", "", each).lower() == name.lower()]
    near = same or difflib.get_close_matches(env_id, ids, n=3, cutoff=0.5)
    return f" The nearest: {', '.join(near)}." if near else ""
