"""Bindings: the names that statements bind in their own scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import libcst as cst

from langprop.scripts.mutation.infer import targets

_BODIES = ("body", "orelse", "finalbody")


@dataclass
class Bindings:
    """Names that a list of statements binds.

    Attributes:
        names: Names assigned, imported or defined; those that `declared` lists, too.
        declared: Names declared `global` or `nonlocal`.
        yields: There is a `yield`: the function is a generator.
    """

    names: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    yields: bool = False


def bindings(body: Iterable[cst.CSTNode], deep: bool = False) -> Bindings:
    """Collect the names that statements bind.

    Args:
        body: The statements. Functions and classes in them bind their names only.
        deep: Look into expressions, too, for assignment expressions and `yield`; this costs ten
            times as much.
    """
    found = Bindings()
    for statement in body:
        _statement(statement, found)
    if deep:
        for statement in body:
            for node in _inside(statement):
                if isinstance(node, cst.NamedExpr):
                    found.names.update(targets(node.target))
                found.yields = found.yields or isinstance(node, cst.Yield)
    return found


def _statement(node: cst.CSTNode, found: Bindings) -> None:
    if isinstance(node, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
        for small in node.body:
            _small(small, found)
        return
    if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
        found.names.add(node.name.value)
        return
    if isinstance(node, cst.For):
        found.names.update(targets(node.target))
    elif isinstance(node, cst.With):
        for item in node.items:
            if item.asname is not None:
                found.names.update(targets(item.asname.name))
    elif isinstance(node, (cst.ExceptHandler, cst.ExceptStarHandler)) and node.name is not None:
        found.names.update(targets(node.name.name))
    elif isinstance(node, cst.MatchCase):
        found.names.update(captured(node.pattern))
    for part in _BODIES:
        inner = getattr(node, part, None)
        if isinstance(inner, cst.SimpleStatementSuite):
            _statement(inner, found)
        elif isinstance(inner, cst.IndentedBlock):
            for child in inner.body:
                _statement(child, found)
        elif isinstance(inner, cst.CSTNode):
            _statement(inner, found)
    for part in ("handlers", "cases"):
        for child in getattr(node, part, ()):
            _statement(child, found)


def _small(node: cst.BaseSmallStatement, found: Bindings) -> None:
    if isinstance(node, cst.Assign):
        for target in node.targets:
            found.names.update(targets(target.target))
    elif isinstance(node, (cst.AnnAssign, cst.AugAssign)):
        found.names.update(targets(node.target))
    elif isinstance(node, cst.Import):
        found.names.update(
            item.evaluated_alias or item.evaluated_name.split(".")[0] for item in node.names
        )
    elif isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
        found.names.update(item.evaluated_alias or item.evaluated_name for item in node.names)
    elif isinstance(node, (cst.Global, cst.Nonlocal)):
        names = [item.name.value for item in node.names]
        found.names.update(names)
        found.declared.update(names)


def captured(pattern: cst.CSTNode) -> set[str]:
    """Names that a pattern of a `match` statement binds."""
    names = set()
    for node in _inside(pattern):
        name = getattr(node, "rest" if isinstance(node, cst.MatchMapping) else "name", None)
        if isinstance(node, (cst.MatchAs, cst.MatchStar, cst.MatchMapping)) and isinstance(
            name, cst.Name
        ):
            names.add(name.value)
    return names


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """Fields of a node that may hold expressions or statements."""
    skipped = (
        "lpar",
        "rpar",
        "semicolon",
        "comma",
        "leading_lines",
        "trailing_whitespace",
        "header",
        "footer",
        "dot",
    )
    names = kind.__dataclass_fields__
    return tuple(name for name in names if name not in skipped and "whitespace" not in name)


def _inside(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all below it, without going into functions, classes and lambdas."""
    stack: list[object] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, cst.CSTNode):
            yield current
            if not isinstance(current, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
                stack += [getattr(current, name) for name in _fields(type(current))]
        elif isinstance(current, Sequence) and not isinstance(current, str):
            stack += current


def inside(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all below it that may hold names, functions included."""
    stack: list[object] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, cst.CSTNode):
            yield current
            stack += [getattr(current, name) for name in _fields(type(current))]
        elif isinstance(current, Sequence) and not isinstance(current, str):
            stack += current


def free_names(node: cst.CSTNode) -> set[str]:
    """Names that code reads or assigns, but no attributes, keywords, comprehension variables."""
    found: list[cst.Name] = []
    skipped: set[int] = set()
    bound: set[str] = set()
    for current in inside(node):
        if isinstance(current, cst.Name):
            found.append(current)
        elif isinstance(current, cst.Attribute):
            skipped.add(id(current.attr))
        elif isinstance(current, cst.Arg) and current.keyword is not None:
            skipped.add(id(current.keyword))
        elif isinstance(current, cst.CompFor):
            bound.update(targets(current.target))
        elif isinstance(current, cst.Param):
            bound.add(current.name.value)
    constants = ("True", "False", "None")
    return {
        name.value for name in found if id(name) not in skipped and name.value not in constants
    } - bound
