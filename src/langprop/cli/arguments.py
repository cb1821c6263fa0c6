"""Arguments: a parser whose errors say in a line what to type instead."""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Collection
from typing import Any, NoReturn

from jsonargparse import ArgumentParser

_UNKNOWN_OF_CLASS = re.compile(
    r"Problem with given class_path '([\w.]+)':\s+Option '([^'\n]+)' is not accepted"
)
_UNKNOWN = re.compile(r"^Option '([^'\n]+)' is not accepted$")
_UNRECOGNIZED = re.compile(r"^unrecognized arguments?: (.*)$", re.IGNORECASE | re.DOTALL)
_NO_SUBCLASS = re.compile(r"Import path (\S+) does not correspond to a subclass of (\w+)")
_NO_PATH = re.compile(r"Expected a dot import path string: (\S+)")
_KEY = re.compile(r'Parser key "([^"\n]+)"')
_EXPECTED = re.compile(r"Expected an? (<class '[\w.]+'>|[\w.\[\]', |]+?)(?:\. Got value: (.*))?$")
_CLASSES = re.compile(r"(?:class 'langprop[\w.]*\.|Not a valid subclass of )(\w+)")
_GIVEN = re.compile(r"^\s*Given value: (.*)$", re.MULTILINE)

_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "NoneType": "null",
    "list": "a list",
    "collections.abc.Sequence": "a list",
    "dict": "a mapping",
}


class Arguments(ArgumentParser):  # type: ignore[misc, unused-ignore]
    """A parser of command lines and YAML files that exits with 2 and one line about a mistake."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Say what is wrong, and what to type instead.

        Raises:
            SystemExit: With 2, unless the parser was made not to exit.
        """
        if not self.exit_on_error:  # the parser of a class's arguments: another type may fit
            super().error(message, ex)
        command = self.prog.replace(" TARGET", "")
        print(f"{command}: {self.explain(message)}", file=sys.stderr)
        print(f"All options: {command} --help", file=sys.stderr)
        sys.exit(2)

    def explain(self, message: str) -> str:
        """A message of the parser in words: with the nearest names, without the names of types."""
        own = self._options()
        message = _NO_PATH.sub(
            r"there is no class '\1' here; for one of your own write package.module.Class.", message
        )
        if found := _UNKNOWN_OF_CLASS.search(message):
            return _unknown_of_class(message[: found.start()], *found.groups())
        if found := _UNKNOWN.match(message):
            return f"there is no setting {found[1]!r}. {_advice(found[1], own)}"
        if (pairs := _NO_SUBCLASS.findall(message)) and "Errors:" not in message:
            path, kind = pairs[0]
            return f"{'.'.join(_KEY.findall(message))}: {path} is no {kind}."
        if found := _UNRECOGNIZED.match(message):
            option = next((each for each in found[1].split() if each.startswith("--")), "")
            if not option:
                return f"{found[1]!r} is one word too many: settings are given as --name value."
            name = option[2:].partition("=")[0].rstrip("+")
            return f"there is no option --{name}. {_advice(name, own, prefix='--')}"
        return in_words(message)

    def _options(self) -> list[str]:
        return [
            action.dest
            for action in self._actions
            if action.option_strings
            and action.dest not in ("help", "print_config", "print_shtab")
            and not action.dest.endswith(".help")
        ]


def nearest(name: str, names: Collection[str]) -> str:
    """The name that was meant, most likely; "" if none is near."""
    if name in names:
        return name
    last = name.rpartition(".")[2]
    for wanted in (name, last, name.partition(".")[0], name.replace("-", "_")):
        if wanted in names:
            return wanted
    near = difflib.get_close_matches(name, names, n=1) or difflib.get_close_matches(
        last, names, n=1
    )
    return near[0] if near else ""


def _advice(name: str, names: Collection[str], *, prefix: str = "") -> str:
    near = nearest(name, names)
    if near:
        return f"Did you mean {prefix}{near}?"
    return f"Known: {', '.join(prefix + each for each in sorted(names))}."


def _unknown_of_class(before: str, path: str, option: str) -> str:
    """An argument that a class doesn't take."""
    where = ".".join(_KEY.findall(before))
    name = path.rpartition(".")[2]
    text = f"{where}: {name} has no {option!r}."
    if option in ("class", "name", "type") and where:
        return (
            f"{text} Name a class with class_path and its arguments with init_args, or write its "
            "name alone."
        )
    known = _parameters(path)
    return f"{text} {_advice(option, known)}" if known else text


def _parameters(path: str) -> list[str]:
    """Names of a class's arguments; none if it can't be imported."""
    module, _, name = path.rpartition(".")
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
        every = inspect.signature(found).parameters.values()
    except (ImportError, AttributeError, TypeError, ValueError):
        return []
    return [each.name for each in every if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)]


def in_words(message: str) -> str:
    """What the parser says of a value that doesn't fit, in a line; or the message as it is."""
    keys = _KEY.findall(message)
    lines = _deepest(message)
    reasons = [line for line in lines if not line.startswith(_NOISE) and not _EXPECTED.match(line)]
    where = ".".join(dict.fromkeys(keys))
    if reasons:
        first = reasons[0]
        return first if not keys or first.startswith(f"{keys[0]}.") else f"{where}: {first}"
    expected = [found for line in lines if (found := _EXPECTED.match(line))]
    classes = [name for line in lines for name in _CLASSES.findall(line)]
    kinds = list(dict.fromkeys([*classes, *(_kind(found[1]) for found in expected)]))
    if not kinds or not keys:
        return message
    values = [found[2] for found in expected if found[2]] + _GIVEN.findall("\n".join(lines))
    value = values[-1] if values else ""
    if value.startswith("NestedArg("):
        value = value.partition("val=")[2].rstrip(")").strip("'")
    given = f", but got {value[:200].strip()}" if value else ""
    return f"{where} must be {' or '.join(kinds)}{given}."


def _deepest(message: str) -> list[str]:
    """The lines that are about the innermost setting; those around it repeat its value."""
    lines = message.splitlines()
    places = [place for place, line in enumerate(lines) if _KEY.search(line)]
    start = places[-1] if places else 0
    depth = _indent(lines[start]) if lines else 0
    found = [lines[start].strip()] if lines else []
    for line in lines[start + 1 :]:
        if places and len(places) > 1 and _indent(line) <= depth:
            break
        found.append(line.strip().removeprefix("- "))
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" -"))


_NOISE = (
    "Parser key ",
    "Does not validate against",
    "Subtypes:",
    "Errors:",
    "Given value",
    "Problem with given class_path",
    "Type collections.abc.Callable",
    "Import path ",
    "Not a valid subclass of",
    "Subclass types expect one of:",
    "a class path (str)",
    "a dict with",
)


def _kind(text: str) -> str:
    name = text.removeprefix("<class '").removesuffix("'>")
    if name.startswith("typing.Literal["):
        return "one of " + name[len("typing.Literal[") : -1].replace("'", "")
    return _WORDS.get(name, name.rpartition(".")[2])
