"""Stub: a project that is made of a function's signature and docstring."""

from __future__ import annotations

import ast
import contextlib
import doctest
import json
from pathlib import Path
from typing import Any

from langprop.cli.skeleton import Skeleton
from langprop.data.cells import kind_of
from langprop.data.objects import load_object
from langprop.errors import ConfigError
from langprop.modules.module import Module
from langprop.modules.stub import Stub
from langprop.scripts.parsing import find_function

DATA = "train.jsonl"
"""The samples of a new project."""

_EXAMPLES: dict[str | None, Any] = {
    "bool": True,
    "int": 1,
    "float": 0.5,
    "json": [1, 2, 3],
    "text": "text",
    None: 1,
}


def of_stub(spec: str, name: str | None = None) -> Skeleton:
    """A project that trains a function which is written already, as a stub or as a first draft.

    Its samples are the examples in its docstring (`>>> double(3)`), or one that is to be replaced.

    Args:
        spec: "FILE.py:function", "FILE.py" if it defines only one, or "package.module:function".
        name: Of the function, if it must be as the stub says.

    Raises:
        ConfigError: There is no such function, or it has another name.
        ModuleError: The stub can't be read, or uses what can't come along.
    """
    if spec.endswith(".py"):
        spec = f"{spec}:{_only_function(Path(spec))}"
    found = load_object(spec, Path())
    if isinstance(found, Module):
        source, function = (found.seeds or [found.stub])[0], found.entry_point
        stub = found.stub
    else:
        read = Stub.from_function(found)
        source, function, stub = read.seed or read.source, read.entry_point, read.source
    if name is not None and name != function:
        raise ConfigError(
            f"--name {name}: the stub names the function {function}: rename it there."
        )
    node = find_function(stub, function)
    future, imports, head, text = _parted(source, function)
    samples = _from_docstring(node) or [_placeholder(node)]
    returns = kind_of(node.returns)[0]
    taken = {each.id for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Name)}
    skeleton = Skeleton("stub", function, f"`{function}`")
    skeleton.variables = {
        "future": future,
        "imports": imports,
        "head": head,
        "text": text,
        "numbers": returns == "float",
        "score": next(
            each for each in ("score", "judge", "_score") if each not in {*taken, function}
        ),
        "file": DATA,
        "placeholder": not _from_docstring(node),
        "shares": {"train": 1.0},
        "draft": stub != source and bool(Stub.from_source(source, function).seed),
    }
    skeleton.files[DATA] = "".join(
        json.dumps(sample, ensure_ascii=False) + "\n" for sample in samples
    )
    if skeleton.variables["placeholder"]:
        skeleton.notes.append(f"{DATA} holds one sample, made up: replace it by samples of yours")
    else:
        skeleton.notes.append(f"{DATA} holds the examples of the docstring: add samples of yours")
    return skeleton


def _only_function(path: Path) -> str:
    """Name of the function that a file defines.

    Raises:
        ConfigError: It defines none, or several.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"{path} can't be read: {why}.") from error
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    if len(names) == 1:
        return names[0]
    listed = ", ".join(names[:20]) or "none"
    raise ConfigError(f"name the function: write {path}:NAME. It defines {listed}.")


def _parted(source: str, function: str) -> tuple[str, list[str], str, str]:
    """The import of `__future__`, other imports, what else stands before a function, and it."""
    tree, lines = ast.parse(source), source.splitlines(keepends=True)
    node = next(
        each
        for each in reversed(tree.body)
        if isinstance(each, ast.FunctionDef) and each.name == function
    )
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
    future, imports, kept = "", [], [True] * first
    for each in tree.body:
        if isinstance(each, (ast.Import, ast.ImportFrom)) and (each.end_lineno or 0) <= first:
            text = ast.unparse(each)
            if text.startswith("from __future__"):
                future = text
            else:
                imports.append(text)
            kept[each.lineno - 1 : each.end_lineno] = [False] * len(
                lines[each.lineno - 1 : each.end_lineno]
            )
    head = "".join(line for line, keep in zip(lines, kept, strict=False) if keep)
    return future, imports, head.strip(), "".join(lines[first:]).rstrip()


def _from_docstring(node: ast.FunctionDef) -> list[dict[str, Any]]:
    """The examples in a docstring that are calls with plain values, as samples."""
    samples: list[dict[str, Any]] = []
    try:
        examples = doctest.DocTestParser().get_examples(ast.get_docstring(node) or "")
    except ValueError:  # not well-formed; nobody said that it had to be
        return samples
    for each in examples:
        with contextlib.suppress(ValueError, SyntaxError, TypeError, RecursionError):
            call = ast.parse(each.source.strip(), mode="eval").body
            if not isinstance(call, ast.Call) or ast.unparse(call.func) != node.name:
                continue
            sample: dict[str, Any] = {"args": [ast.literal_eval(arg) for arg in call.args]}
            kwargs = {str(key.arg): ast.literal_eval(key.value) for key in call.keywords}
            if kwargs:
                sample["kwargs"] = kwargs
            sample["label"] = ast.literal_eval(each.want.strip())
            if json.loads(json.dumps(sample)) == sample:  # a tuple or a set has no place there
                samples.append(sample)
    return samples


def _placeholder(node: ast.FunctionDef) -> dict[str, Any]:
    """A sample that fits the signature, and means nothing."""
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    required = positional[: len(positional) - len(spec.defaults)] or positional[:1]
    sample: dict[str, Any] = {"args": [_value(each.annotation) for each in required]}
    pairs = zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
    kwargs = {each.arg: _value(each.annotation) for each, default in pairs if default is None}
    if kwargs:
        sample["kwargs"] = kwargs
    return {**sample, "label": _value(node.returns)}


def _value(annotation: ast.expr | None) -> Any:
    text = ast.unparse(annotation) if annotation is not None else ""
    if "dict" in text.lower() or text.startswith("Mapping"):
        return {}
    if text.startswith("Literal["):
        with contextlib.suppress(ValueError, AttributeError, TypeError):
            values = ast.literal_eval(annotation.slice)  # type: ignore[union-attr]
            return values[0] if isinstance(values, tuple) else values
    kind, _ = kind_of(annotation)
    if kind == "json" and "str" in text:
        return ["a", "b"]
    return _EXAMPLES[kind]
