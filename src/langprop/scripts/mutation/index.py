"""Index: every place of a script that may be edited, with the names in scope and their kinds.

One walk in the order of execution. What is never listed is never edited: signatures, decorators,
annotations, docstrings, imports, patterns, and what only runs under `if __name__ == "__main__"`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

import libcst as cst

from langprop.scripts.mutation.bindings import bindings
from langprop.scripts.mutation.infer import kind_of
from langprop.scripts.mutation.kinds import UNKNOWN, Kind, from_annotation, join
from langprop.scripts.mutation.places import Index, Scope
from langprop.scripts.mutation.tree import Path, code
from langprop.scripts.mutation.walk_statements import StatementWalk


def index(
    module: cst.Module,
    entry_point: str,
    hints: Mapping[str, Kind] | None = None,
    source: str | None = None,
) -> Index:
    """Walk a script.

    Args:
        module: Its syntax tree.
        entry_point: Name of the function that is called.
        hints: Kinds of the entry point's parameters where it has no annotations; "return" for what
            it returns.
        source: Its source, if it is known.
    """
    found = Index(module)
    text = module.code if source is None else source
    _Walk(found, entry_point, hints or {}, deep=":=" in text or "yield" in text).module(module)
    return found


class _Walk(StatementWalk):
    """Walks the module, its functions and classes."""

    def __init__(
        self, found: Index, entry_point: str, hints: Mapping[str, Kind], deep: bool
    ) -> None:
        super().__init__(found, entry_point)
        self.hints = hints
        self.aliases: dict[str, ast.expr] = {}
        self.deep = deep  # there may be assignment expressions or generators to look for

    def module(self, node: cst.Module) -> None:
        bound = bindings(node.body, self.deep).names
        self.found.names.update(bound)
        self.found.shared = bound
        for statement in node.body:
            self._imports(statement, note=True)
        self._aliases(node)
        for position, statement in enumerate(
            node.body
        ):  # constants first: functions see what comes after them, too
            if isinstance(statement, cst.SimpleStatementLine) and not _is_import(statement):
                self._simple(statement, (("body", position),), first=position == 0)
        constants = {name: kind for name, kind in self.env.items() if not name.startswith("__")}
        for statement in node.body:
            if isinstance(statement, cst.FunctionDef):
                constants[statement.name.value] = Kind(
                    "callable", (self._annotation(statement.returns),)
                )
        self.known |= bound
        for position, statement in enumerate(node.body):
            self.env = {name: kind for name, kind in constants.items() if name != self.entry_point}
            if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
                self._definition(statement, (("body", position),))

    def _aliases(self, node: cst.Module) -> None:
        for statement in node.body:
            if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
                continue
            small = statement.body[0]
            if (
                isinstance(small, cst.Assign)
                and len(small.targets) == 1
                and isinstance(small.targets[0].target, cst.Name)
            ):
                if isinstance(
                    small.value, (cst.Name, cst.Attribute, cst.Subscript, cst.BinaryOperation)
                ):
                    self._alias(small.targets[0].target.value, small.value)
            elif (
                isinstance(small, cst.AnnAssign)
                and small.value is not None
                and isinstance(small.target, cst.Name)
            ):
                self._alias(small.target.value, small.value)

    def _alias(self, name: str, value: cst.BaseExpression) -> None:
        try:
            self.aliases[name] = ast.parse(code(value), mode="eval").body
        except (SyntaxError, ValueError):
            return

    def _annotation(self, node: cst.Annotation | None) -> Kind:
        if node is None:
            return UNKNOWN
        try:
            return from_annotation(ast.parse(code(node.annotation), mode="eval").body, self.aliases)
        except (SyntaxError, ValueError):
            return UNKNOWN

    def _definition(self, node: cst.FunctionDef | cst.ClassDef, path: Path) -> None:
        if isinstance(node, cst.FunctionDef):
            self._function(node, path)
            return
        for position, statement in enumerate(node.body.body):
            if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
                self._definition(statement, (*path, ("body", -1), ("body", position)))

    def _function(self, node: cst.FunctionDef, path: Path) -> None:
        saved = (self.env, self.known, self.scope, self.loop, self.quoted)
        name, entry = (
            node.name.value,
            not self.scope.name and node.name.value == self.entry_point and len(path) == 1,
        )
        body = node.body.body
        bound = bindings(body, self.deep)
        local = bound.names - bound.declared
        kinds = {
            part.name.value: self._parameter(part, entry)
            for part in (*node.params.posonly_params, *node.params.params)
        }
        keyword = {
            part.name.value: self._parameter(part, entry) for part in node.params.kwonly_params
        }
        rest = [
            part
            for part in (node.params.star_arg, node.params.star_kwarg)
            if isinstance(part, cst.Param)
        ]
        stars = {
            part.name.value: Kind(
                "dict" if part is node.params.star_kwarg else "vartuple",
                (Kind("str"), UNKNOWN) if part is node.params.star_kwarg else (UNKNOWN,),
            )
            for part in rest
        }
        parameters = {**kinds, **keyword, **stars}
        self.found.names |= local | set(parameters)
        self.known = self.known | self.scope.local | set(self.env)
        self.known -= local
        self.env = {key: kind for key, kind in self.env.items() if key not in local} | parameters
        returns = self._annotation(node.returns)
        if entry and returns == UNKNOWN:
            returns = self.hints.get("return", UNKNOWN)
        if node.asynchronous or bound.yields:
            returns = UNKNOWN
        self.scope = Scope(
            name,
            returns,
            frozenset(local | set(parameters)),
            tuple(kinds.items()),
            tuple(keyword),
            entry,
        )
        self.loop = self.quoted = False
        self._block(node.body, (*path, ("body", -1)), top=True)
        self.env, self.known, self.scope, self.loop, self.quoted = saved

    def _parameter(self, part: cst.Param, entry: bool) -> Kind:
        kind = self._annotation(part.annotation)
        if kind == UNKNOWN and part.default is not None:
            kind = kind_of(part.default, {})
        hint = self.hints.get(part.name.value, UNKNOWN) if entry else UNKNOWN
        return join(kind, hint) if kind.name in ("unknown", hint.name) and not kind.values else kind

    def _imports(self, node: cst.CSTNode, note: bool = False) -> None:
        if not isinstance(node, cst.SimpleStatementLine):
            return
        for small in node.body:
            names = (
                bindings([node]).names if isinstance(small, (cst.Import, cst.ImportFrom)) else set()
            )
            self.known = self.known | names
            if note and isinstance(small, cst.Import):
                for item in small.names:
                    full = item.evaluated_name
                    if full in ("math", "numpy"):
                        self.found.modules[full] = item.evaluated_alias or full


def _is_import(node: cst.SimpleStatementLine) -> bool:
    return all(isinstance(small, (cst.Import, cst.ImportFrom)) for small in node.body)
