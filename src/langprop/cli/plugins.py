"""Plugins: loggers and callbacks by short names, as classes with their arguments.

loggers: [wandb, tensorboard]
callbacks:
  - EarlyStopping: {monitor: val/score, target: 1.0}
  - class_path: mypackage.MyCallback
    init_args: {every: 10}
"""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from langprop.errors import ConfigError
from langprop.registry import import_string, load, names

KINDS = {"loggers": "logger", "callbacks": "callback"}
"""Settings that are lists of objects → their table in the registry."""

ALWAYS = "jsonl"
"""The logger that every run has: naming it by itself adds nothing."""


def plugins(setting: str, value: Any) -> Any:
    """A setting as a list of mappings with `class_path` and `init_args`.

    Args:
        setting: "loggers" or "callbacks".
        value: What was written: a name, "name:argument", a mapping, or a list of these. None for
            none.

    Raises:
        ConfigError: There is no such class.
    """
    if value is None:
        return []
    entries = value if isinstance(value, list) else [value]
    made = []
    for entry in entries:
        parts = entry.split(",") if isinstance(entry, str) and ":" not in entry else [entry]
        for part in parts:
            text = part.strip() if isinstance(part, str) else part
            if text != "" and not (setting == "loggers" and text == ALWAYS):
                made.append(_plugin(setting, text))
    return made


def _plugin(setting: str, entry: Any) -> Any:
    if isinstance(entry, str):
        path, argument = _class_path(setting, entry)
        if argument is None:
            return {"class_path": path}
        return {"class_path": path, "init_args": {_first_parameter(path): argument}}
    if not isinstance(entry, Mapping):
        raise ConfigError(
            f"{setting}: {entry!r} is no name of a class, and no mapping with class_path and "
            "init_args."
        )
    entry = dict(entry)
    if "class_path" not in entry:
        if len(entry) != 1 or not isinstance(next(iter(entry.values())), Mapping | None):
            raise ConfigError(
                f"{setting}: name the class, as  class_path: NAME  and  init_args: {{…}},  or as  "
                f"NAME: {{…}}  in place of {entry!r}."
            )
        ((name, arguments),) = entry.items()
        entry = {"class_path": name, "init_args": dict(arguments or {})}
    odd = sorted(set(map(str, entry)) - {"class_path", "init_args", "dict_kwargs"})
    if odd:
        raise ConfigError(
            f"{setting}: {odd[0]!r} stands beside class_path: arguments of the class go into "
            f"init_args, as  init_args: {{{odd[0]}: …}}"
        )
    path, argument = _class_path(setting, str(entry["class_path"]))
    given = entry.get("init_args") or {}
    if not isinstance(given, Mapping):
        raise ConfigError(f"{setting}: init_args of {path} must be a mapping, but got {given!r}.")
    arguments = dict(given)
    if argument is not None:
        arguments.setdefault(_first_parameter(path), argument)
    more = {**(entry.get("dict_kwargs") or {})}
    free = _free(path, arguments)
    more.update({name: arguments.pop(name) for name in free})
    return {
        "class_path": path,
        **({"init_args": arguments} if arguments else {}),
        **({"dict_kwargs": more} if more else {}),
    }


def _class_path(setting: str, spec: str) -> tuple[str, str | None]:
    """The dotted path of a class, and an argument that was written behind its short name.

    Raises:
        ConfigError: There is no such class.
    """
    kind = KINDS[setting]
    name, colon, argument = spec.partition(":")
    if name in names(kind):
        return import_string(kind, name).replace(":", "."), argument if colon else None
    home = importlib.import_module(f"langprop.{setting}")
    if name in home.__all__ and isinstance(getattr(home, name), type):
        return f"langprop.{setting}.{name}", argument if colon else None
    if colon and argument.isidentifier():  # package.module:Class, as elsewhere
        return f"{name}.{argument}", None
    if "." in name and not colon:
        return name, None
    base = getattr(home, kind.capitalize())
    known = sorted(
        [*names(kind), *(each for each in home.__all__ if _is_class(getattr(home, each), base))]
    )
    lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower().replace("_", ""), lower, n=1)
    hint = f" Did you mean {lower[near[0]]!r}?" if near else ""
    raise ConfigError(
        f"{setting}: there is no {kind} {name!r}.{hint} Known: {', '.join(known)}; or write "
        "package.module.Class for one of your own."
    )


def _is_class(value: Any, base: type) -> bool:
    return isinstance(value, type) and issubclass(value, base) and value is not base


def _signature(path: str) -> Sequence[inspect.Parameter]:
    module, _, name = path.rpartition(".")
    try:
        return list(inspect.signature(load(f"{module}:{name}")).parameters.values())
    except (ImportError, ValueError, TypeError):  # the parser says what is wrong with it
        return []


def _first_parameter(path: str) -> str:
    """Name of what stands behind a short name, as the experiment in "mlflow:trees"."""
    every = [each.name for each in _signature(path) if each.kind is not each.VAR_KEYWORD]
    if not every:
        raise ConfigError(f"{path.rpartition('.')[2]} takes no argument.")
    return every[0]


def _free(path: str, arguments: Mapping[str, Any]) -> list[str]:
    """Arguments that a class takes without naming them, in its `**settings`."""
    every = _signature(path)
    if not any(each.kind is each.VAR_KEYWORD for each in every):
        return []
    named = {each.name for each in every}
    return [name for name in arguments if name not in named]
