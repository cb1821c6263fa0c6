"""EnvReplica: makes the module of an environment in another process."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from langprop.errors import ModuleError
from langprop.executors.pickles import portable
from langprop.rl.envs import Envs
from langprop.rl.own_random import global_state, restore
from langprop.rl.repeats import beginning

if TYPE_CHECKING:
    import gymnasium

    from langprop.rl.module import EnvModule
    from langprop.rl.observations import Arguments

_SAME = (
    "forward",
    "check_output",
    "warn_once",
    "_action",
    "_failed",
    "_is_whole",
    "_warn_of_no_end",
)
"""What a replica does just as the module."""


@dataclass(frozen=True)
class EnvReplica:
    """Makes a module with the same environment in another process.

    The environment there may differ all the same: its file was edited since it was imported here,
    or another one was registered under its name. So both show the beginning of an episode, and if
    it isn't the same there is no replica.

    Attributes:
        env: As for `EnvModule`, and so are the others.
        env_kwargs: Likewise.
        max_episode_steps: Likewise.
        stub: Source of the policy's stub.
        tail: Likewise.
        on_env_error: Likewise.
        spec: What Gymnasium knows of the environment by its id; None where it has none.
        log_level: Of Gymnasium's messages.
        shown: What the environment shows here.
    """

    env: str | Callable[..., gymnasium.Env[Any, Any]]
    env_kwargs: Mapping[str, Any]
    max_episode_steps: int | None
    stub: str
    tail: int
    on_env_error: Literal["fail", "record"]
    spec: Any
    log_level: int
    shown: bytes

    def __call__(self) -> EnvModule:
        """The module; for rollouts only, as it scores nothing.

        Raises:
            ModuleError: The environment can't be made here, or is another one.
        """
        import gymnasium

        from langprop.rl.module import EnvModule

        gymnasium.logger.min_level = self.log_level
        if isinstance(self.env, str) and self.spec is not None:  # the user's own may be registered
            gymnasium.registry[self.env] = self.spec
        module = EnvModule(
            self.env,
            self.stub,
            exception_score=0.0,
            max_episode_steps=self.max_episode_steps,
            tail=self.tail,
            on_env_error=self.on_env_error,
            **self.env_kwargs,
        )
        if shown(module.envs, module._arguments) != self.shown:
            raise ModuleError(f"{module.envs.name} isn't the same in another process.")
        return module


class Replicas:
    """The replica of a module, made when somebody asks for it.

    Args:
        env: As for `EnvModule`, and so are the others.
        env_kwargs: Likewise.
        max_episode_steps: Likewise.
        stub: Source of the policy's stub.
        tail: Likewise.
        on_env_error: Likewise.
    """

    def __init__(
        self,
        env: str | Callable[..., gymnasium.Env[Any, Any]],
        env_kwargs: Mapping[str, Any],
        max_episode_steps: int | None,
        *,
        stub: str,
        tail: int,
        on_env_error: Literal["fail", "record"],
    ) -> None:
        self._env, self._kwargs = env, dict(env_kwargs)
        self._rest = max_episode_steps, stub, tail, on_env_error
        self._made_of = b""
        self._made: EnvReplica | None = None

    def get(self, module: EnvModule) -> EnvReplica | None:
        """The replica.

        Args:
            module: Whose replica it is to be.

        Returns:
            None where the module runs episodes in its own way, or what makes the environments has
            changed since the first time.

        Raises:
            Exception: It can't be sent to another process, or the environment raised.
        """
        if _has_own_ways(module) or not isinstance(module._envs, Envs):  # it is being filmed
            return None
        if module.side_by_side is not None:  # there may be few of them
            return None
        if module._envs.own_random:  # numbers that it draws elsewhere might be others
            return None
        if self._kwargs.get("render_mode") == "human":  # windows are for this process to open
            return None
        # A function may hold something that changes.
        now = hashlib.sha256(portable((self._env, self._kwargs))).digest()
        if not self._made_of:
            import gymnasium

            self._made_of = now
            known = gymnasium.registry.get(self._env) if isinstance(self._env, str) else None
            level = gymnasium.logger.min_level
            seen = shown(module._envs, module._arguments)
            self._made = EnvReplica(self._env, self._kwargs, *self._rest, known, level, seen)
        return self._made if now == self._made_of else None


def shown(envs: Envs, arguments: Arguments) -> bytes:
    """What an environment shows in the first steps of an episode with random actions, as a hash.

    Args:
        envs: A new one is made.
        arguments: Turns observations into arguments of the policy.

    Raises:
        Exception: The environment's own.
    """
    env, before = envs.fresh(), global_state()
    try:
        seen = beginning(env, arguments, math.inf)
    finally:
        restore(before)  # one may draw from them later than it was looked at
        env.close()
    return hashlib.sha256(b"".join(seen)).digest()


def _has_own_ways(module: EnvModule) -> bool:
    """Whether a subclass, or somebody, has replaced what a replica does."""
    from langprop.rl.module import EnvModule

    kind, own = type(module), vars(module)
    return any(name in own or getattr(kind, name) is not getattr(EnvModule, name) for name in _SAME)
