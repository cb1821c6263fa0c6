"""Draft: a script as mutation sees it: source, syntax tree, index and hazards."""

from __future__ import annotations

import ast
import re
import warnings
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import libcst as cst

from langprop.errors import ScriptError
from langprop.scripts.mutation.example import Example
from langprop.scripts.mutation.hazards import hazards
from langprop.scripts.mutation.index import index
from langprop.scripts.mutation.kinds import Kind, from_value
from langprop.scripts.mutation.places import Index, Scope
from langprop.scripts.mutation.words import Vocabulary
from langprop.scripts.parsing import TOO_MUCH, check_size

Hints: TypeAlias = tuple[tuple[str, Kind], ...]

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]*\w)")
_QUOTED = re.compile(r"""(?<!\w)(?:'([^'\n]{1,40})'|"([^"\n]{1,40})"|`([^`\n]{1,40})`)(?!\w)""")
_MAX_KEPT = 64  # scripts that are remembered,
_MAX_TEXT = 400_000  # [characters] and their size together
_MAX_WORDS = 24  # constants taken from a script's text


class Compiled(NamedTuple):
    """What the compiler made of a source.

    Attributes:
        tree: Its abstract syntax tree.
        warned: Warnings of the compiler.
    """

    tree: ast.Module
    warned: int


@dataclass(eq=False)
class Draft:
    """A script as mutation sees it.

    Attributes:
        source: Its source.
        entry_point: Name of the function that is called.
        tree: Its syntax tree, with formatting.
        plain: Its abstract syntax tree.
        hints: Kinds of parameters that have no annotation.
        warned: Warnings of the compiler.
        index: Places that may be edited.
        risk: Hazards in it.
    """

    source: str
    entry_point: str
    tree: cst.Module
    plain: ast.Module
    hints: Hints = ()
    warned: int = 0
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
        """What new code may use: modules, functions, constants of code and docstring."""
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


_kept: OrderedDict[tuple[str, str, Hints], Draft] = OrderedDict()  # the latest last


def draft(source: str, entry_point: str, hints: Hints = ()) -> Draft:
    """Read a script; parents, which are read again and again, are remembered.

    Raises:
        ScriptError: It is no Python, too large, or has no such function at the top level.
    """
    key = source, entry_point, hints
    found = _kept.pop(key, None) or _read(*key)
    _kept[key] = found
    # A tree takes several hundred bytes for each character.
    while len(_kept) > _MAX_KEPT or sum(len(text) for text, _, _ in _kept) > _MAX_TEXT:
        _kept.popitem(last=False)
    return found


def _read(source: str, entry_point: str, hints: Hints) -> Draft:
    check_size(source)
    read = compiled(source)
    if isinstance(read, str):
        raise ScriptError(f"the script can't be mutated: {read}.")
    plain = read.tree
    if not any(
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == entry_point
        for node in plain.body
    ):
        raise ScriptError(
            f"the script has no function {entry_point!r} at the top level; "
            f"define one: `def {entry_point}(…):`."
        )
    try:
        tree = cst.parse_module(source)
        unfolded = _unfolded(tree, entry_point)
        if unfolded is not tree:
            source, tree = unfolded.code, unfolded
            plain = ast.parse(source)
        return Draft(source, entry_point, tree, plain, hints, read.warned)
    except RecursionError as error:
        raise ScriptError(f"the script can't be mutated: {TOO_MUCH}.") from error
    except cst.ParserSyntaxError as error:
        raise ScriptError("the script can't be mutated: libcst doesn't understand it.") from error


def _unfolded(tree: cst.Module, entry_point: str) -> cst.Module:
    """The module with the entry point's body on lines of its own, open to statements."""
    body = list(tree.body)
    for position, function in enumerate(body):
        if (
            isinstance(function, cst.FunctionDef)
            and function.name.value == entry_point
            and isinstance(function.body, cst.SimpleStatementSuite)
        ):
            lines = [
                cst.SimpleStatementLine([small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
                for small in function.body.body
            ]
            body[position] = function.with_changes(body=cst.IndentedBlock(lines))
            return _unfolded(tree.with_changes(body=body), entry_point)
    return tree


def compiled(source: str) -> Compiled | str:
    """Parse and compile a source; else say what is wrong with it."""
    try:
        with warnings.catch_warnings(record=True) as caught:  # `x is 1`, `0else`: no errors as yet
            warnings.simplefilter("always")
            tree = ast.parse(source)
            compile(source, "<script>", "exec", dont_inherit=True)
    except (MemoryError, RecursionError):
        return TOO_MUCH
    except (SyntaxError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return Compiled(tree, len(caught))


def hints_of(source: str, entry_point: str, example: Example | None) -> Hints:
    """Kinds of the entry point's parameters from the arguments of one call."""
    if example is None:
        return ()
    args, kwargs = example
    positional = zip(_parameters(source, entry_point), args, strict=False)
    kinds = {name: from_value(value) for name, value in (*positional, *kwargs.items())}
    return tuple(sorted(kinds.items(), key=lambda item: item[0]))


@lru_cache(maxsize=256)
def _parameters(source: str, entry_point: str) -> tuple[str, ...]:
    """Names of the entry point's positional parameters; () if there is no such function."""
    read = compiled(source)
    for node in [] if isinstance(read, str) else read.tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == entry_point:
            return tuple(part.arg for part in (*node.args.posonlyargs, *node.args.args))
    return ()


def forget() -> None:
    """Drop the drafts that are kept because parents are read again and again."""
    _kept.clear()
    _parameters.cache_clear()
