"""Environment: what `--env ID` stands for: a module without code, and settings that go with it."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.errors import ConfigError

if TYPE_CHECKING:
    from langprop.rl.module import EnvModule

ENDS = ("max_epochs", "max_steps", "max_time", "budget")
"""Settings that end a run."""

SECONDS = 60.0  # of a run that nothing else ends


def env_module(
    env: str, arguments: Mapping[str, Any] | None = None, base: Path | None = Path()
) -> EnvModule:
    """A policy for an environment, with a stub made from its spaces and documentation.

    Args:
        env: Id of a registered environment, perhaps with the module or package that registers it,
            as "module:ID", or "folder/module:ID".
        arguments: For `gymnasium.make`.
        base: Folder in which a module is looked for first, beside what is installed; None for none.

    Raises:
        MissingDependency: Gymnasium isn't installed.
        ModuleError: There is no such environment, or it needs another package.
        ConfigError: An argument that isn't for `gymnasium.make`, or no such module.
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
    if base is not None:
        folder, env = _located(env, base)
        _find(env, folder)
    return EnvModule(env, **given)


def whole_env(env: str, base: Path) -> str:
    """The same environment, named so that it is found from anywhere.

    Args:
        env: As for `env_module`.
        base: Likewise.
    """
    folder, env = _located(env, base)
    return f"{folder}/{env}" if _holds(folder, env) else env


def _located(env: str, base: Path) -> tuple[Path, str]:
    """The folder in which its module may be, and how Gymnasium knows it."""
    where, colon, name = env.rpartition(":")
    folder, _, module = where.rpartition("/")
    return (base / folder).resolve(), f"{module}{colon}{name}"


def _holds(folder: Path, env: str) -> bool:
    """Whether a folder holds the module that registers an environment, if it names one."""
    top = _top(env)
    return bool(top) and ((folder / top).is_dir() or (folder / f"{top}.py").is_file())


def _find(env: str, folder: Path) -> None:
    """Have the module that registers an environment be found, if it names one.

    Raises:
        ConfigError: There is none.
    """
    module, _, name = env.rpartition(":")
    if module.endswith(".py"):
        raise ConfigError(f"--env {env} names a file: name the module,  {module[:-3]}:{name}")
    if _holds(folder, env):
        if str(folder) not in sys.path:  # as for a file that is named in place of an environment
            sys.path.insert(0, str(folder))
        return
    top = _top(env)
    if top.isidentifier() and top not in sys.modules and importlib.util.find_spec(top) is None:
        raise ConfigError(
            f"--env {env}: there is no module {top!r}, neither in {folder} nor among what is "
            f"installed: install it, or name its folder,  FOLDER/{env}"
        )


def _top(env: str) -> str:
    """The module that registers an environment, or the package that it is in; "" for none."""
    return env.rpartition(":")[0].partition(".")[0]


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
