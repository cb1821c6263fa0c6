"""Calls: the calls that `langprop predict` makes, from the command line, a file or a stream."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from langprop.data.columns import LABELS
from langprop.data.files import SUFFIXES, is_file_spec, read_data
from langprop.errors import ConfigError, DataError
from langprop.scripts.parameters import parameter_names, why_not_callable

LINES = (".jsonl", ".ndjson")
"""Files that hold a call in each line."""


class Call(NamedTuple):
    """A call that is to be made, or why it can't be.

    Attributes:
        args: Positional arguments.
        kwargs: Keyword arguments.
        problem: Why there is none; "" if there is.
    """

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = {}
    problem: str = ""


def typed(args: Sequence[str], kwargs: str | None) -> Call:
    """A call from the command line.

    Args:
        args: Python literals, or JSON.
        kwargs: A literal of a dict, or JSON.

    Raises:
        ConfigError: One of them is none.
    """
    named = {} if kwargs is None else _literal(kwargs, "--kwargs")
    if not isinstance(named, dict) or not all(isinstance(key, str) for key in named):
        raise ConfigError(
            f"--kwargs must name the arguments, such as '{{\"x\": 3}}', but is {kwargs}."
        )
    return Call(tuple(_literal(text, "the argument") for text in args), named)


def from_lines(
    lines: Iterable[bytes], where: str, function: ast.FunctionDef | None
) -> Iterator[Call]:
    """A call from each line of JSON: a list is its arguments, an object names them.

    An object may have the keys "args" and "kwargs" instead. A label is left out. Empty lines are
    passed over; a line that is no call is a call with a problem.

    Args:
        lines: With or without line breaks.
        where: What they stand in, for messages.
        function: The function, whose parameters tell labels from arguments; None if unknown.
    """
    for number, line in zip(count(1), lines):
        text = line.strip(b"\0 \t\r\n").removeprefix(b"\xef\xbb\xbf")
        if not text:
            continue
        try:
            value = json.loads(text.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            yield Call(problem=f"{where}, line {number}: not JSON in UTF-8: {error}")
            continue
        yield _call(value, f"{where}, line {number}", function)


def from_file(spec: str, function: ast.FunctionDef | None) -> Iterator[Call]:
    """Calls from a file; of a table, or what an import string names, the arguments of each sample.

    Raises:
        DataError: The file can't be read.
        ConfigError: There is nothing by that import string.
    """
    path = Path(spec).expanduser()
    suffix = path.suffix.lower()
    if suffix in (*LINES, ".json", "") and is_file_spec(spec):
        if not path.is_file():
            raise DataError(f"there is no file {path}.")
        return _from_json(path, function)
    if suffix not in SUFFIXES and is_file_spec(spec):
        read_data(spec)  # says which files are read
    if function is None and suffix in SUFFIXES:
        raise ConfigError(
            f"the run has no stub, so that the columns of {spec} can't be matched with parameters: "
            "give calls as JSON lines."
        )
    return _samples(read_data(spec, function=function, labelled=False))


def _from_json(path: Path, function: ast.FunctionDef | None) -> Iterator[Call]:
    try:
        if path.suffix.lower() == ".json":
            values = json.loads(path.read_bytes())
            if not isinstance(values, list):
                raise DataError(f"{path} must hold a list of calls.")
            for number, value in enumerate(values, 1):
                yield _call(value, f"{path}, entry {number}", function)
            return
        with path.open("rb") as file:
            yield from from_lines(file, str(path), function)
    except (ValueError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} is no JSON: {error}") from error
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror or error}") from error


def _samples(data: Iterable[Any]) -> Iterator[Call]:
    for sample in data:
        if not (isinstance(sample, (tuple, list)) and len(sample) in (2, 3)):
            yield Call(problem=f"a sample must be (args, label), but got {type(sample).__name__}")
            continue
        args = sample[0]
        kwargs = sample[1] if len(sample) == 3 else {}
        if isinstance(args, (tuple, list)) and isinstance(kwargs, Mapping):
            yield Call(tuple(args), dict(kwargs))
        else:
            yield Call(problem="the arguments must be a tuple, and keyword arguments a dict")


def _call(value: Any, where: str, function: ast.FunctionDef | None) -> Call:
    if isinstance(value, list):
        return Call(tuple(value))
    if not isinstance(value, dict):
        return Call(
            problem=f"{where}: a call must be a list of arguments, such as [3], or an object that "
            f"names them, but is {json.dumps(value)[:80]}"
        )
    if function is None:
        return Call((), value)
    spec = function.args
    names = {*parameter_names(function), *(each.arg for each in spec.kwonlyargs)}
    if {"args", "kwargs"} & set(value) and not names & set(value):
        args, kwargs = value.get("args", []), value.get("kwargs", {})
        if isinstance(args, list) and isinstance(kwargs, dict):
            return Call(tuple(args), kwargs)
    if why_not_callable(function, 0, value):
        for label in LABELS:
            rest = {key: item for key, item in value.items() if key != label}
            if label in value and label not in names and not why_not_callable(function, 0, rest):
                return Call((), rest)
    return Call((), value)


def _literal(text: str, what: str) -> Any:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigError(
            f"{what} {text[:80]!r} is no Python literal, such as 6, [1, 2] or True; "
            f"write a text as {repr(text[:20])!a}."
        ) from None
