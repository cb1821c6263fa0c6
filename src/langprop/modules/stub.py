"""Stub: a function's specification, read from its source."""

from __future__ import annotations

import ast
import builtins
import copy
import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from langprop.errors import ModuleError, ScriptError
from langprop.scripts.parsing import parse


@dataclass(frozen=True)
class Stub:
    """What a function is for, as source.

    Attributes:
        entry_point: Name of the function.
        source: Imports that the signature needs, the signature and the docstring; valid Python.
        seed: The whole source, if there is an implementation already; else None.
    """

    entry_point: str
    source: str
    seed: str | None = None

    @classmethod
    def from_function(
        cls, function: Callable[..., Any], is_there: Callable[[str, Any], bool] = lambda *_: False
    ) -> Stub:
        """Read a function that was defined in a file or notebook.

        What an implementation uses from its file (imports, functions, plain constants) comes along.

        Args:
            function: The function.
            is_there: Whether scripts find a value that goes by this name without it coming along.

        Raises:
            ModuleError: The source isn't to be had, it isn't a plain function, or it uses what
                can't come along.
        """
        if not isinstance(function, FunctionType) or function.__name__ == "<lambda>":
            raise ModuleError(
                f"a stub must be a function defined with `def`, but got {function!r}."
            )
        try:
            text = textwrap.dedent(inspect.getsource(function))
        except (OSError, TypeError) as error:
            raise ModuleError(
                f"the source of {function.__name__!r} can't be read (was it typed at a prompt?): "
                "define it in a file, or give its text as the `stub` of a Module subclass."
            ) from error
        node, text = _only_function(text, function.__name__)
        scope = {
            **vars(builtins),
            **function.__globals__,
            **inspect.getclosurevars(function).nonlocals,
        }
        preamble = _Preamble(function, scope, is_there)
        preamble.need(_names(node.args) | _names(node.returns), annotation=True)
        head = preamble.text()
        seed = None
        if not _is_empty(node):
            preamble.need(_names(node) - {node.name})
            seed = preamble.text() + text
        return cls(node.name, head + _signature(node, text), seed)

    @classmethod
    def from_source(cls, source: str, entry_point: str = "") -> Stub:
        """Read the text of a stub or of an implementation.

        Args:
            source: Python with one function, or several of which one is the entry point.
            entry_point: Its name; may be left out if there is only one function.

        Raises:
            ModuleError: It is no Python, or holds no such function.
        """
        source = textwrap.dedent(source).strip() + "\n"
        try:
            tree = parse(source)
        except ScriptError as error:
            raise ModuleError(f"the stub can't be read: {error}") from error
        found = [
            node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        ]
        if not entry_point and len(found) != 1:
            names = ", ".join(node.name for node in found) or "none"
            raise ModuleError(
                f"the stub must define one function, or name its entry_point; it defines {names}."
            )
        chosen = [node for node in found if node.name == (entry_point or found[0].name)]
        if not chosen:
            raise ModuleError(f"the stub defines no function {entry_point!r}.")
        node = _plain(chosen[-1])
        lines = source.splitlines(keepends=True)
        imports = [
            _segment(lines, s) for s in tree.body if isinstance(s, (ast.Import, ast.ImportFrom))
        ]
        head = "".join(imports) + ("\n\n" if imports else "")
        text = "".join(lines[node.lineno - 1 : node.end_lineno])
        return cls(
            node.name,
            head + _signature(node, text, node.lineno),
            None if _is_empty(node) else source,
        )


class _Preamble:
    """Imports, constants and functions that a piece of source needs from the file it stands in."""

    def __init__(
        self, function: FunctionType, scope: dict[str, Any], is_there: Callable[[str, Any], bool]
    ) -> None:
        self.is_there = is_there
        self.home = function.__module__
        self.name = function.__name__
        self.scope = scope
        self.imports: dict[str, str] = {}
        self.constants: dict[str, str] = {}
        self.functions: dict[str, str] = {}
        self.future = False

    def need(self, names: set[str], *, annotation: bool = False) -> None:
        for name in sorted(names):
            if name in self.scope and name not in vars(builtins) and not self._known(name):
                self._bring(name, self.scope[name], annotation)
            elif name not in self.scope and annotation:
                self.future = True  # an annotation under TYPE_CHECKING, or a forward reference

    def _known(self, name: str) -> bool:
        return (
            name == self.name
            or name in self.imports
            or name in self.constants
            or name in self.functions
        )

    def _bring(self, name: str, value: Any, annotation: bool) -> None:
        if self.is_there(name, value):
            return
        if isinstance(value, ModuleType):
            path = value.__name__
            self.imports[name] = f"import {path}" if path == name else f"import {path} as {name}"
            if "." in path and path.partition(".")[0] == name:
                self.imports[name] = f"import {path}"
            return
        origin = getattr(value, "__module__", None)
        true_name = getattr(value, "__name__", None) or getattr(value, "_name", None) or name
        if isinstance(origin, str) and origin not in (self.home, "__main__", "builtins"):
            for candidate in (true_name, name):
                if getattr(sys.modules.get(origin), str(candidate), None) is value:
                    alias = "" if candidate == name else f" as {name}"
                    self.imports[name] = f"from {origin} import {candidate}{alias}"
                    return
        if isinstance(value, FunctionType) and value.__name__ == name:
            node, text = _only_function(textwrap.dedent(inspect.getsource(value)), name)
            self.functions[name] = ""  # known from here on: functions may call each other
            self.need(_names(node) - {name})
            self.functions[name] = text
            return
        if _is_plain(value):
            self.constants[name] = f"{name} = {value!r}"
            return
        if annotation:
            self.future = True
            return
        raise ModuleError(
            f"{self.name!r} uses {name!r} ({type(value).__name__}), which can't come along into a "
            "script: use imports, functions and plain constants, or move it into the function."
        )

    def text(self) -> str:
        imports = sorted(self.imports.values())
        if self.future:
            imports.insert(0, "from __future__ import annotations")
        parts = [
            "\n".join(imports),
            "\n".join(self.constants.values()),
            *map(str.rstrip, self.functions.values()),
        ]
        return "".join(part + "\n\n\n" for part in parts if part)


def _only_function(text: str, name: str) -> tuple[ast.FunctionDef, str]:
    """The function's node, and its text without decorators."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:  # a lambda or a function in the middle of an expression
        raise ModuleError(
            f"the source of {name!r} can't be read on its own: {error.msg}."
        ) from error
    node = _plain(tree.body[0])
    node.decorator_list = []
    return node, "".join(text.splitlines(keepends=True)[node.lineno - 1 : node.end_lineno])


def _plain(node: ast.stmt) -> ast.FunctionDef:
    if isinstance(node, ast.AsyncFunctionDef):
        raise ModuleError(f"{node.name!r} is `async def`: only plain functions can be trained.")
    if not isinstance(node, ast.FunctionDef):
        raise ModuleError("a stub must be a function defined with `def`.")
    return node


def _segment(lines: list[str], node: ast.stmt) -> str:
    return "".join(lines[node.lineno - 1 : node.end_lineno])


def _signature(node: ast.FunctionDef, text: str, first: int | None = None) -> str:
    """The `def` line(s) and the docstring, as they were written.

    `text` begins at line `first` of the source that `node` was parsed from (its own `def` line
    unless given).
    """
    lines = text.splitlines(keepends=True)
    start = node.lineno if first is None else first
    body = node.body[0]
    documented = ast.get_docstring(node) is not None
    if documented and body.lineno > node.lineno:
        return "".join(lines[: (body.end_lineno or body.lineno) - start + 1]).rstrip() + "\n"
    bare = copy.copy(node)
    bare.body, bare.decorator_list = (
        node.body[:1] if documented else [ast.Expr(ast.Constant(...))],
        [],
    )
    if documented or body.lineno == node.lineno:
        return ast.unparse(ast.fix_missing_locations(bare)) + "\n"
    return "".join(lines[: body.lineno - start]).rstrip() + "\n    ...\n"


def _is_empty(node: ast.FunctionDef) -> bool:
    """Whether there is no implementation.

    Docstrings, `...`, `pass` and `raise NotImplementedError` are none.
    """
    return all(
        isinstance(s, ast.Pass)
        or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
        or (
            isinstance(s, ast.Raise)
            and s.exc is not None
            and "NotImplementedError" in ast.dump(s.exc)
        )
        for s in node.body
    )


def _names(node: ast.AST | None) -> set[str]:
    """Names that are read in a piece of source; in text annotations too."""
    found: set[str] = set()
    for child in ast.walk(node) if node is not None else ():
        if isinstance(child, ast.Name):
            found.add(child.id)
    return found


def _is_plain(value: Any) -> bool:
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
