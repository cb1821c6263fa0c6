"""StatementWalk: goes through statements in the order of execution."""

from __future__ import annotations

import abc
from collections.abc import Sequence

import libcst as cst

from langprop.scripts.mutation.bindings import captured
from langprop.scripts.mutation.infer import kind_of, targets
from langprop.scripts.mutation.kinds import BOOL, UNKNOWN, Kind, join
from langprop.scripts.mutation.places import Block
from langprop.scripts.mutation.tree import Path
from langprop.scripts.mutation.walk_expressions import ExpressionWalk


class StatementWalk(ExpressionWalk, abc.ABC):
    """Walks blocks and statements; definitions are left to the class built on this one."""

    @abc.abstractmethod
    def _definition(self, node: cst.FunctionDef | cst.ClassDef, path: Path) -> None:
        """Walk a function or a class."""

    @abc.abstractmethod
    def _annotation(self, node: cst.Annotation | None) -> Kind:
        """What an annotation says."""

    @abc.abstractmethod
    def _imports(self, node: cst.SimpleStatementLine, note: bool = False) -> None:
        """Note imported names."""

    def _block(self, block: cst.BaseSuite, path: Path, top: bool = False) -> bool:
        """Walk statements; True if the end isn't reached."""
        if isinstance(block, cst.SimpleStatementSuite):
            return self._smalls(block.body, path, documented=top)
        envs, ended = [], False
        for position, statement in enumerate(block.body):
            envs.append(self.env)
            ended = (
                self._statement(statement, (*path, ("body", position)), top and position == 0)
                or ended
            )
        envs.append(self.env)
        first = 1 if top and block.body and is_docstring(block.body[0]) else 0
        statements = [
            statement for statement in block.body if isinstance(statement, cst.BaseStatement)
        ]
        self.found.blocks.append(
            Block((*path, ("body", -1)), statements, envs, first, self.scope, self.loop, top)
        )
        return ended

    def _statement(self, node: cst.CSTNode, path: Path, first: bool) -> bool:
        if isinstance(node, cst.SimpleStatementLine):
            return self._simple(node, path, first)
        if isinstance(node, cst.If):
            return self._if(node, path)
        if isinstance(node, (cst.For, cst.While)):
            self._loop(node, path)
            return False
        if isinstance(node, cst.With):
            for position, item in enumerate(node.items):
                self._value(item.item, (*path, ("items", position), ("item", -1)))
                if item.asname is not None:
                    self._bind(targets(item.asname.name))
            return self._block(node.body, (*path, ("body", -1)))
        if isinstance(node, (cst.Try, cst.TryStar)):
            return self._try(node, path)
        if isinstance(node, cst.Match):
            self._match(node, path)
            return False
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            returns = (self._annotation(node.returns),) if isinstance(node, cst.FunctionDef) else ()
            self._bind({node.name.value: Kind("callable", returns)})
            self._definition(node, path)
        return False

    def _simple(self, node: cst.SimpleStatementLine, path: Path, first: bool = False) -> bool:
        self._imports(node)
        return self._smalls(node.body, path, documented=first)

    def _smalls(
        self, body: Sequence[cst.BaseSmallStatement], path: Path, documented: bool = False
    ) -> bool:
        """Walk statements on one line; the first may be a docstring, which is left alone."""
        ended = False
        for position, small in enumerate(body):
            if not (documented and position == 0 and _is_text(small)):
                ended = self._small(small, (*path, ("body", position))) or ended
        return ended

    def _small(self, node: cst.BaseSmallStatement, path: Path) -> bool:
        if isinstance(node, cst.Expr):
            if not isinstance(node.value, cst.Ellipsis):
                self._value(node.value, (*path, ("value", -1)))
        elif isinstance(node, cst.Assign):
            self._value(node.value, (*path, ("value", -1)))
            kind = kind_of(node.value, self.env)
            for position, target in enumerate(node.targets):
                self._target(target.target, (*path, ("targets", position), ("target", -1)), kind)
        elif isinstance(node, cst.AnnAssign):
            if node.value is not None:
                self._value(
                    node.value, (*path, ("value", -1)), wanted=self._annotation(node.annotation)
                )
                kind = self._annotation(node.annotation)
                kind = kind_of(node.value, self.env) if kind == UNKNOWN else kind
                self._target(node.target, (*path, ("target", -1)), kind)
        elif isinstance(node, cst.AugAssign):
            self._value(node.value, (*path, ("value", -1)))
            if isinstance(node.target, cst.Name):
                self._read(node.target)
                self._list(self.found.targets, node.target, (*path, ("target", -1)))
                both = join(
                    self.env.get(node.target.value, UNKNOWN), kind_of(node.value, self.env).plain()
                )
                self.found.operators.append(self._site(node.value, path, both, "value"))
                self._bind({node.target.value: both})
            else:
                self._inside(node.target, (*path, ("target", -1)))
                self.found.operators.append(
                    self._site(node.value, path, kind_of(node.value, self.env), "value")
                )
        elif isinstance(node, cst.Return):
            if node.value is not None:
                self._value(node.value, (*path, ("value", -1)), "return", self.scope.returns)
            return True
        elif isinstance(node, cst.Assert):
            self._value(node.test, (*path, ("test", -1)), "condition", BOOL)
        elif isinstance(node, cst.Del):
            self._inside(node.target, (*path, ("target", -1)))
        elif isinstance(node, cst.Global):
            self._bind(
                {item.name.value: self.env.get(item.name.value, UNKNOWN) for item in node.names}
            )
        return isinstance(node, (cst.Raise, cst.Break, cst.Continue))

    def _target(self, node: cst.BaseExpression, path: Path, kind: Kind) -> None:
        """Bind what is assigned to; subscripts and attributes read before they write."""
        if isinstance(node, cst.Name):
            self._list(self.found.targets, node, path)
        elif isinstance(node, (cst.Tuple, cst.List)):
            for position, element in enumerate(node.elements):
                if not isinstance(element.value, cst.Name):
                    self._target(
                        element.value, (*path, ("elements", position), ("value", -1)), UNKNOWN
                    )
        else:
            self._inside(node, path)
        self._bind(targets(node, kind))

    def _if(self, node: cst.If, path: Path) -> bool:
        self._value(node.test, (*path, ("test", -1)), "condition", BOOL)
        before = self.env
        ended = self._block(node.body, (*path, ("body", -1)))
        after, self.env = self.env, before
        if node.orelse is None:
            other_ended = False
        elif isinstance(node.orelse, cst.If):
            other_ended = self._if(node.orelse, (*path, ("orelse", -1)))
        else:
            other_ended = self._block(node.orelse.body, (*path, ("orelse", -1), ("body", -1)))
        if other_ended:
            self.env = after
        elif not ended:
            self.env = _meet(after, self.env)
        return ended and other_ended

    def _loop(self, node: cst.For | cst.While, path: Path) -> None:
        if isinstance(node, cst.For):
            self._value(node.iter, (*path, ("iter", -1)), "iterable")
            before = self.env
            self._bind(targets(node.target, kind_of(node.iter, self.env).item))
        else:
            before = self.env
            self._value(node.test, (*path, ("test", -1)), "condition", BOOL)
        outer, self.loop = self.loop, True
        self._block(node.body, (*path, ("body", -1)))
        self.loop = outer
        self.env = before
        if node.orelse is not None:
            self._block(node.orelse.body, (*path, ("orelse", -1), ("body", -1)))
            self.env = before

    def _try(self, node: cst.Try | cst.TryStar, path: Path) -> bool:
        before = self.env
        ended = self._block(node.body, (*path, ("body", -1)))
        if node.orelse is not None:
            ended = self._block(node.orelse.body, (*path, ("orelse", -1), ("body", -1))) or ended
        ends = [(self.env, ended)]
        handlers: Sequence[cst.ExceptHandler | cst.ExceptStarHandler] = node.handlers
        for position, handler in enumerate(handlers):
            self.env = before
            if handler.name is not None:
                self._bind(targets(handler.name.name))
            closed = self._block(handler.body, (*path, ("handlers", position), ("body", -1)))
            if handler.name is not None:  # the name is gone after the handler
                self.env = {
                    key: kind
                    for key, kind in self.env.items()
                    if key not in targets(handler.name.name)
                }
            ends.append((self.env, closed))
        open_ends = [env for env, closed in ends if not closed]
        self.env = open_ends[0] if open_ends else before
        for env in open_ends[1:]:
            self.env = _meet(self.env, env)
        if node.finalbody is not None:
            self._block(node.finalbody.body, (*path, ("finalbody", -1), ("body", -1)))
        return not open_ends

    def _match(self, node: cst.Match, path: Path) -> None:
        self._value(node.subject, (*path, ("subject", -1)))
        before = self.env
        for position, case in enumerate(node.cases):
            self.env = before
            self._bind(dict.fromkeys(sorted(captured(case.pattern)), UNKNOWN))
            step = (*path, ("cases", position))
            if case.guard is not None:
                self._value(case.guard, (*step, ("guard", -1)), "condition", BOOL)
            self._block(case.body, (*step, ("body", -1)))
        self.env = before


def _meet(a: dict[str, Kind], b: dict[str, Kind]) -> dict[str, Kind]:
    """What is in scope after two branches: names that both define."""
    if a is b:
        return a
    return {name: join(kind, b[name]) for name, kind in a.items() if name in b}


def is_docstring(node: cst.CSTNode) -> bool:
    """Whether a statement is a docstring, if it comes first."""
    return isinstance(node, cst.SimpleStatementLine) and bool(node.body) and _is_text(node.body[0])


def _is_text(node: cst.BaseSmallStatement) -> bool:
    return isinstance(node, cst.Expr) and isinstance(
        node.value, (cst.SimpleString, cst.ConcatenatedString)
    )
