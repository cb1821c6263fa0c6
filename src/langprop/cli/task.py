"""Task: what a command is to be run on: the module, its data, and the settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.cli.config import prepared
from langprop.cli.environment import ENDS, env_module, env_settings
from langprop.cli.settings import kept_settings
from langprop.cli.splits import read_splits
from langprop.cli.target import config_of
from langprop.data.objects import load_object
from langprop.errors import ConfigError, LangPropError
from langprop.modules.module import Module

if TYPE_CHECKING:
    from jsonargparse import ArgumentParser, Namespace


TARGET = (
    "a folder with a config.yaml, such a file, or FILE.py:NAME or package.module:NAME of a Module"
)


@dataclass(frozen=True)
class Task:
    """What a command is to be run on.

    Attributes:
        module: What is trained.
        data: Samples of "train", "val" and "test"; None for the module's own.
        settings: As they were given.
        ready: The same, with objects in place of class names.
        base: Folder that import strings are relative to.
    """

    module: Module
    data: Mapping[str, Any]
    settings: Namespace
    ready: Namespace
    base: Path


def read_task(made: ArgumentParser, argv: Sequence[str], *, command: str, kept_in: str) -> Task:
    """Read a command line of the kind of `langprop fit TARGET --option value …`.

    Args:
        made: Knows the options; those of `fit.parser` are among them.
        argv: Words behind the command.
        command: Its name, for messages.
        kept_in: Name of the file that the command keeps its settings in.

    Raises:
        ConfigError: There is no such target, or a setting can't work.
        DataError: The data can't be read.
    """
    from langprop.cli.arguments import in_words  # with the parser

    arguments, base = list(argv), Path()
    if arguments and not arguments[0].startswith("-"):
        target = arguments.pop(0)
        config = config_of(target)
        base = base if config is None else config.parent
        named = ["--module", target] if config is None else ["--config", str(config)]
        arguments = [*named, *arguments]
    elif (resumed := value_of("--resume", arguments)) is not None:
        arguments = ["--config", str(kept_settings(resumed, kept_in, command)), *arguments]
    settings: Any = made.parse_args(prepared(arguments))
    module = _module(settings, base, command)
    if settings.env is not None:
        usual = _of_env(made, settings, arguments, module, stops=command == "fit")
        settings = made.parse_args([usual, *prepared(arguments)])
    data = read_splits(module, settings, base)
    try:
        ready = made.instantiate(settings)
    except LangPropError:
        raise
    except ValueError as error:  # a number out of range, found by the class that owns it
        raise ConfigError(in_words(str(error))) from error
    return Task(module, data, settings, ready, base)


def _module(settings: Namespace, base: Path, command: str) -> Module:
    """What is trained.

    Raises:
        ConfigError: Nothing is named, too much is, or it is no module.
    """
    if settings.env is not None:
        if settings.module is not None:
            raise ConfigError(
                f"--env {settings.env} makes a module of its own: leave it out, or leave out "
                f"{settings.module}."
            )
        return env_module(settings.env, settings.env_args, base)
    if settings.env_args is not None:
        raise ConfigError("--env_args goes with --env ID.")
    if settings.module is None:
        raise ConfigError(
            f"name what to train:  langprop {command} TARGET  where TARGET is {TARGET};  or  "
            f"langprop {command} --env ID"
        )
    module = load_object(settings.module, base)
    if not isinstance(module, Module):
        raise ConfigError(f"{settings.module} is a {type(module).__name__}, not a langprop Module.")
    return module


def _of_env(
    made: ArgumentParser,
    settings: Namespace,
    arguments: Sequence[str],
    module: Any,
    *,
    stops: bool,
) -> str:
    """The usual settings for an environment, as an option in front of the user's own."""
    import yaml

    usual = env_settings(module)
    ended = any(
        settings[name] != made.get_default(name) or value_of(f"--{name}", arguments) is not None
        for name in ENDS
    )
    if ended:
        del usual["max_time"]
    if not stops:
        usual.pop("callbacks", None)
    return f"--config={yaml.safe_dump(usual)}"


def plain(made: ArgumentParser, task: Task, without: Collection[str]) -> dict[str, Any]:
    """The settings as plain data.

    Args:
        made: The parser that read them.
        task: What was read.
        without: Settings that are left out.
    """
    import yaml

    given = yaml.safe_load(made.dump(task.settings, skip_unset=False, skip_validation=True))
    return {name: value for name, value in given.items() if name not in without}


def value_of(option: str, arguments: Sequence[str]) -> str | None:
    """The value of an option, given as `--option value` or `--option=value`."""
    for place, argument in enumerate(arguments):
        if argument == option and place + 1 < len(arguments):
            return arguments[place + 1]
        if argument.startswith(f"{option}="):
            return argument.partition("=")[2]
    return None
