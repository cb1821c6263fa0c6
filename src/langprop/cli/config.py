"""Config: the settings of a command, from a YAML file and options."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from langprop.cli.plugins import KINDS, plugins
from langprop.errors import ConfigError
from langprop.registry import import_string, names

CLASSES = {
    "optimizer": "optimizer",
    "executor": "executor",
    "loggers": "logger",
    "llm": "llm",
}
"""Settings that hold an object, by the last part of their names → their table in the registry."""

HELP = ".help"
"""What the option that tells a class's arguments ends with."""

FLAGS = ("--fast_dev_run",)
"""Options whose value may be left out: a number, or true."""


def prepared(arguments: Sequence[str]) -> list[str]:
    """Options as the parser takes them: files read, loggers and callbacks as classes.

    Raises:
        ConfigError: A file can't be read or isn't such YAML; or there is no such class.
    """
    made: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument in FLAGS and (not waiting or waiting[0].startswith("-")):
            made.append(f"{argument}=true")
            continue
        option, equals, value = argument.partition("=")
        name = option.removesuffix("+").removeprefix("--")
        last = name.removesuffix(HELP).rpartition(".")[2]
        if last in CLASSES and (last not in KINDS or name.endswith(HELP)):
            if not equals and waiting and not waiting[0].startswith("-"):
                equals, value = "=", waiting.pop(0)
            short = name.endswith(HELP) or _has_more(name, arguments)
            made.append(option + equals + _class_path(CLASSES[last], value, short=short))
            continue
        if option.removesuffix("+") not in ("--config", *(f"--{each}" for each in KINDS)):
            made.append(argument)
            continue
        if not equals:
            if not waiting:
                made.append(argument)  # the parser says that its value is missing
                continue
            value = waiting.pop(0)
        if name == "config":
            extended = [each for each in CLASSES.keys() - KINDS if _has_more(each, arguments)]
            made.append(f"--config={read_config(Path(value), extended)}")
            continue
        if not option.endswith("+"):
            made.append(f"--{name}=[]")
        for each in plugins(name, _value(name, value)):
            # A path alone, so that --loggers.project=x after it is an argument of the class.
            made.append(f"--{name}+={each['class_path']}")
            for key, item in each.get("init_args", {}).items():
                made.append(f"--{name}.{key}={item if isinstance(item, str) else json.dumps(item)}")
            for key, item in each.get("dict_kwargs", {}).items():
                made.append(f"--{name}.dict_kwargs.{key}={json.dumps(item)}")
    return made


def _has_more(name: str, arguments: Sequence[str]) -> bool:
    """Whether there are options for the arguments of the class that a setting names."""
    return any(each.startswith(f"--{name}.") for each in arguments)


def _class_path(kind: str, name: str, *, short: bool) -> str:
    """The dotted path of one of our classes; what names something else as it is.

    Args:
        kind: Its table in the registry.
        name: As it was typed.
        short: Whether the short name of a class is meant for the class, too. By itself it stands
            for an object.
    """
    for each in names(kind):
        target = import_string(kind, each)
        if name == target.rpartition(":")[2] or (short and name == each):
            return target.replace(":", ".")
    return name


def read_config(path: Path, extended: Collection[str] = ()) -> str:
    """A YAML file of settings, with loggers and callbacks as classes.

    Args:
        path: The file.
        extended: Settings in it whose short name stands for a class, since options give that class
            more arguments.

    Returns:
        YAML.

    Raises:
        ConfigError: It can't be read, isn't a mapping, names a setting twice or a class that there
            is not.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"{path} can't be read: {why}.") from error
    try:
        _refuse_repeats(yaml.compose(text, Loader=yaml.SafeLoader), path)
        settings = load_yaml(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is no YAML: {_fault(error)}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: lists within lists, too deep.") from error
    if settings is None:
        settings = {}
    if not isinstance(settings, dict):
        raise ConfigError(f"{path} must hold settings, a line for each, such as  max_epochs: 10")
    for name in extended:
        if isinstance(settings.get(name), str):
            settings[name] = _class_path(CLASSES[name], settings[name], short=True)
    for name in KINDS:
        if name in settings:
            try:
                settings[name] = plugins(name, settings[name])
            except ConfigError as error:
                raise ConfigError(f"{path}: {error}") from error
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True) if settings else "{}"


def read_mapping(path: Path) -> Mapping[str, Any]:
    """A YAML file of settings, as plain data.

    Raises:
        ConfigError: It can't be read, or holds something else.
    """
    import yaml

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{path} can't be read: {str(error).splitlines()[0]}") from error
    if not isinstance(data, Mapping):
        raise ConfigError(
            f"{path} holds no settings: write a line for each, such as  module: FILE.py:NAME"
        )
    return data


def load_yaml(text: str) -> Any:
    """YAML as the parser of the command line reads it: `1e-3` is a number there.

    Raises:
        yaml.YAMLError: It is none.
    """
    from jsonargparse import get_loader

    return get_loader("yaml")(text) if text.strip() else None


def _value(name: str, text: str) -> Any:
    """What is written behind --loggers or --callbacks: a name, or YAML."""
    import yaml

    if text.lstrip()[:1] not in ("[", "{"):
        return text
    try:
        return load_yaml(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"--{name}: {_fault(error)}") from error


def _refuse_repeats(node: Any, path: Path) -> None:
    """YAML lets the last of two settings of one name win, without a word."""
    import yaml

    waiting, seen = [node], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            keys: dict[str, int] = {}
            for key, value in node.value:
                waiting.append(value)
                if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                    continue
                line = key.start_mark.line + 1
                if key.value in keys:
                    raise ConfigError(
                        f"{path}, line {line}: {key.value!r} stands in line {keys[key.value]} "
                        "already."
                    )
                keys[key.value] = line


def _fault(error: Any) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
    return f"{where}{getattr(error, 'problem', None) or error}"
