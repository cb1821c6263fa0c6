"""Environment: what `--env ID` stands for: a module without code, and settings that go with it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langprop.errors import ConfigError

if TYPE_CHECKING:
    from langprop.rl.module import EnvModule

ENDS = ("max_epochs", "max_steps", "max_time", "budget")
"""Settings that end a run."""

SECONDS = 60.0  # of a run that nothing else ends


def env_module(env: str, arguments: Mapping[str, Any] | None = None) -> EnvModule:
    """A policy for an environment, with a stub made from its spaces and documentation.

    Args:
        env: Id of a registered environment, perhaps with the package that registers it, as
            "package:ID".
        arguments: For `gymnasium.make`.

    Raises:
        MissingDependency: Gymnasium isn't installed.
        ModuleError: There is no such environment, or it needs another package.
        ConfigError: An argument that isn't for `gymnasium.make`.
    """
    from langprop.rl.module import EnvModule

    given = dict(arguments or {})
    ours = set(inspect.signature(EnvModule).parameters) - {"max_episode_steps", "env_kwargs"}
    for name in given:
        if name in ours or name == "id":
            raise ConfigError(
                f"--env_args: {name!r} is no argument of the environment; for a module with other "
                f"settings make a project:  langprop init FOLDER --env {env}"
            )
    return EnvModule(env, **given)


def env_settings(module: EnvModule) -> dict[str, Any]:
    """Settings for training on an environment, where the user doesn't choose others."""
    spec = getattr(module.envs.first, "spec", None)
    threshold = getattr(spec, "reward_threshold", None)
    settings: dict[str, Any] = {
        "batch_size": 8,  # episodes in a step
        "val_interval": 2,
        "max_epochs": None,
        "max_time": SECONDS,
        "limits": {"time": 1.0},  # random scripts like to count for ever
    }
    if isinstance(threshold, (int, float)):  # what counts as solved
        stop = {"monitor": "val/score", "target": float(threshold)}
        settings["callbacks"] = [{"class_path": "langprop.EarlyStopping", "init_args": stop}]
    return settings
