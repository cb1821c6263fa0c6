"""Draft: a script as mutation sees it: source, syntax tree, index and hazards."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

import libcst as cst

from langprop.errors import ScriptError
from langprop.scripts.mutation.hazards import hazards
from langprop.scripts.mutation.index import index
from langprop.scripts.mutation.kinds import Kind, from_value
from langprop.scripts.mutation.places import Index, Scope
from langprop.scripts.mutation.words import Vocabulary
from langprop.scripts.parsing import check_size

Example: TypeAlias = tuple[tuple[Any, ...], Mapping[str, Any]]  # (args, kwargs) of one call
Hints: TypeAlias = tuple[tuple[str, Kind], ...]

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]*\w)")
_QUOTED = re.compile(r"""(?<!\w)(?:'([^'\n]{1,40})'|"([^"\n]{1,40})"|`([^`\n]{1,40})`)(?!\w)""")
_MAX_WORDS = 24  # constants taken from a script's text


@dataclass(eq=False)
class Draft:
    """A script as mutation sees it.

    Attributes:
        source: Its source.
        entry_point: Name of the function that is called.
        tree: Its syntax tree, with formatting.
        plain: Its abstract syntax tree.
        hints: Kinds of parameters that have no annotation.
        index: Places that may be edited.
        risk: Hazards in it.
    """

    source: str
    entry_point: str
    tree: cst.Module
    plain: ast.Module
    hints: Hints = ()
    index: Index = field(init=False)
    risk: int = field(init=False)

    def __post_init__(self) -> None:
        self.index = index(self.tree, self.entry_point, dict(self.hints), self.source)
        containers = {
            name
            for block in self.index.blocks
            for name, kind in block.envs[-1].items()
            if kind.sized and kind.name != "array"
        }
        self.risk = hazards(self.plain, containers, self.entry_point)

    @property
    def entry(self) -> Scope | None:
        """The scope of the entry point; None if its body is on the line of its `def`."""
        return next(
            (block.scope for block in self.index.blocks if block.top and block.scope.entry), None
        )

    def vocabulary(self) -> Vocabulary:
        """What new code may use: imported modules, the script's own functions, constants of its code and docstring."""
        numbers: list[float | int] = []
        texts: list[str] = []
        for node in ast.walk(self.plain):
            if not isinstance(node, ast.Constant):
                continue
            if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
                numbers.append(node.value)
            elif isinstance(node.value, str) and len(node.value) <= 40:
                texts.append(node.value)
        for function in self.plain.body:
            if (
                isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
                and function.name == self.entry_point
            ):
                text = ast.get_docstring(function) or ""
                numbers += [_number(found) for found in _NUMBER.findall(text)]
                texts += ["".join(found) for found in _QUOTED.findall(text)]
        finite = [value for value in numbers if abs(value) < 1e9]
        entry = self.entry
        parameters = [*(name for name, _ in entry.parameters), *entry.keywords] if entry else []
        return Vocabulary(
            modules=self.index.modules,
            parameters=frozenset(parameters),
            numbers=list(dict.fromkeys(finite))[:_MAX_WORDS],
            texts=list(dict.fromkeys(texts))[:_MAX_WORDS],
            taken=frozenset(self.index.names | {self.entry_point}),
            calls=_helpers(self),
        )


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text[:12])


def _helpers(draft: Draft) -> dict[str, tuple[tuple[Kind, ...], Kind]]:
    """The script's other functions, if they are annotated well enough to be called."""
    scopes = {block.scope.name: block.scope for block in draft.index.blocks if block.top}
    top = {node.name for node in draft.plain.body if isinstance(node, ast.FunctionDef)} - {
        draft.entry_point
    }
    return {
        name: (tuple(kind for _, kind in scope.parameters), scope.returns)
        for name, scope in scopes.items()
        if name in top and not scope.keywords and scope.returns.name != "unknown"
    }


@lru_cache(maxsize=256)
def draft(source: str, entry_point: str, hints: Hints = ()) -> Draft:
    """Read a script.

    Raises:
        ScriptError: It is no Python, too large, or has no such function at the top level.
    """
    check_size(source)
    plain = compiled(source)
    if isinstance(plain, str):
        raise ScriptError(f"the script can't be mutated: {plain}.")
    if not any(
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == entry_point
        for node in plain.body
    ):
        raise ScriptError(
            f"the script has no function {entry_point!r} at the top level; define one: `def {entry_point}(…):`."
        )
    try:
        return Draft(source, entry_point, cst.parse_module(source), plain, hints)
    except (cst.ParserSyntaxError, RecursionError) as error:
        raise ScriptError(
            f"the script can't be mutated: {type(error).__name__} while reading it."
        ) from error


def compiled(source: str) -> ast.Module | str:
    """The abstract syntax tree of a source that compiles; else what is wrong with it."""
    try:
        with warnings.catch_warnings():  # `x is 1` and the like: bad taste, but no error
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
            compile(tree, "<script>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"
    return tree


def hints_of(source: str, entry_point: str, example: Example | None) -> Hints:
    """Kinds of the entry point's parameters from the arguments of one call."""
    if example is None:
        return ()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == entry_point:
            args, kwargs = example
            names = [part.arg for part in (*node.args.posonlyargs, *node.args.args)]
            kinds = {name: from_value(value) for name, value in zip(names, args, strict=False)}
            kinds.update({name: from_value(value) for name, value in kwargs.items()})
            return tuple(sorted(kinds.items(), key=lambda item: item[0]))
    return ()
