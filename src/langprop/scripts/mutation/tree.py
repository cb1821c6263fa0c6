"""Paths into a syntax tree: look at a node, put another in its place, bracketed if need be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import libcst as cst

Path: TypeAlias = tuple[
    tuple[str, int], ...
]  # attributes from the root down; the index is -1 where there is no list

Node = TypeVar("Node", bound=cst.CSTNode)

_BINARY: dict[type, int] = {
    cst.BitOr: 6, cst.BitXor: 7, cst.BitAnd: 8, cst.LeftShift: 9, cst.RightShift: 9, cst.Add: 10,
    cst.Subtract: 10, cst.Multiply: 11, cst.Divide: 11, cst.FloorDivide: 11, cst.Modulo: 11,
    cst.MatrixMultiply: 11, cst.Power: 13,
}  # fmt: skip


def at(root: cst.CSTNode, path: Path) -> Any:
    """The node at a path."""
    node: Any = root
    for attribute, index in path:
        node = getattr(node, attribute)
        if index >= 0:
            node = node[index]
    return node


def put(root: Any, path: Path, new: Any) -> Any:
    """The tree with another node, or another list, at a path; the rest is shared.

    Raises:
        cst.CSTValidationError: The node can't stand there as it is, for want of a blank or of
        brackets.
    """
    if not path:
        return new
    (attribute, index), rest = path[0], path[1:]
    child = getattr(root, attribute)
    if index < 0:
        return root.with_changes(**{attribute: put(child, rest, new)})
    items = list(child)
    items[index] = put(items[index], rest, new)
    return root.with_changes(**{attribute: items})


def binds(node: cst.BaseExpression) -> int:
    """How tightly the outermost operator of an expression binds; 15 for names, calls, brackets."""
    if node.lpar:
        return 15
    if isinstance(node, cst.BinaryOperation):
        return _BINARY.get(type(node.operator), 6)
    if isinstance(node, cst.UnaryOperation):
        return 4 if isinstance(node.operator, cst.Not) else 12
    if isinstance(node, cst.BooleanOperation):
        return 3 if isinstance(node.operator, cst.And) else 2
    loose: dict[type, int] = {
        cst.Comparison: 5, cst.IfExp: 1, cst.Lambda: 0, cst.NamedExpr: -1, cst.Yield: -2,
        cst.GeneratorExp: -2, cst.Tuple: -2, cst.Await: 14,
    }  # fmt: skip
    return loose.get(type(node), 15)


def _needed(parent: cst.CSTNode, attribute: str) -> int:
    """How tightly an expression has to bind to stand in a place without brackets."""
    if isinstance(parent, cst.BinaryOperation):
        own = _BINARY.get(type(parent.operator), 6)
        right = attribute == "right"
        if isinstance(parent.operator, cst.Power):
            return 12 if right else 14
        return own + 1 if right else own
    if isinstance(parent, cst.UnaryOperation):
        return 4 if isinstance(parent.operator, cst.Not) else 12
    if isinstance(parent, (cst.Comparison, cst.ComparisonTarget)):
        return 6
    if isinstance(parent, cst.BooleanOperation):
        own = 3 if isinstance(parent.operator, cst.And) else 2
        return own + 1 if attribute == "right" else own
    if isinstance(parent, cst.IfExp):
        return 1 if attribute == "orelse" else 2
    if isinstance(parent, (cst.CompFor, cst.CompIf)):
        return 2
    if isinstance(parent, (cst.StarredElement, cst.StarredDictElement)):
        return 6
    if isinstance(parent, (cst.Attribute, cst.Subscript, cst.Call, cst.Await)):
        return 15
    if isinstance(parent, cst.Arg) and parent.star:
        return 6
    return 0


def bracketed(node: cst.BaseExpression) -> cst.BaseExpression:
    """The expression in (one more pair of) brackets."""
    return node.with_changes(
        lpar=[cst.LeftParen(), *node.lpar], rpar=[*node.rpar, cst.RightParen()]
    )


def fit(root: cst.CSTNode, path: Path, new: cst.BaseExpression) -> cst.BaseExpression:
    """The expression with the brackets that it needs at a path."""
    parent, attribute = at(root, path[:-1]), path[-1][0]
    needed = _needed(parent, attribute)
    number = isinstance(new, (cst.Integer, cst.Float)) and isinstance(
        parent, (cst.Attribute, cst.Await)
    )
    if number and not new.lpar:
        return bracketed(new)
    return bracketed(new) if binds(new) < needed else new


def parse_block(lines: Sequence[str]) -> list[cst.BaseStatement]:
    """Statements from lines of source."""
    body = cst.parse_module("\n".join(lines) + "\n").body
    return [statement for statement in body if isinstance(statement, cst.BaseStatement)]


def code(node: cst.CSTNode) -> str:
    """Source of a node."""
    return _EMPTY.code_for_node(node)


_EMPTY = cst.Module([])


def renamed(node: Node, names: Mapping[str, str]) -> Node:
    """The node with other names of variables."""
    changed = node.visit(_Rename(names))
    return changed if isinstance(changed, type(node)) else node


class _Rename(cst.CSTTransformer):
    """Renames variables; attributes and keywords keep their names."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self.names = names

    # libcst's names of methods

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:  # noqa: N802
        new = self.names.get(original_node.value)
        return updated_node if new is None else updated_node.with_changes(value=new)

    def leave_Attribute(  # noqa: N802
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:  # noqa: N802
        return updated_node.with_changes(keyword=original_node.keyword)
