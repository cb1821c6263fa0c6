"""Names: which ones a piece of source binds, reads and lacks; renaming a function."""

from __future__ import annotations

import ast
import builtins
import re

_NAMED = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.ExceptHandler,
    ast.MatchAs,
    ast.MatchStar,
)


def bound(tree: ast.AST) -> list[str]:
    """Names that are bound anywhere in a tree, each as often as it is."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.append(node.id)
        elif isinstance(node, ast.arg):
            names.append(node.arg)
        elif isinstance(node, ast.alias):
            names.append((node.asname or node.name).partition(".")[0])
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            names += node.names
        elif isinstance(node, ast.MatchMapping):
            names += [node.rest] if node.rest else []
        elif isinstance(node, _NAMED) and node.name:
            names.append(node.name)
    return names


def read(tree: ast.AST) -> set[str]:
    """Names that stand anywhere in a tree as an expression or a target."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def lacking(tree: ast.AST) -> set[str]:
    """Names that are read in a tree, but neither bound in it nor built in."""
    return read(tree) - set(bound(tree)) - set(vars(builtins))


def defined(tree: ast.Module) -> set[str]:
    """Names that a module binds at its top level."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        else:
            names.update(bound(node))
    return names


def rename_function(
    source: str, function: ast.FunctionDef, tree: ast.Module, new: str
) -> str | None:
    """Rename a function of a module and what refers to it.

    Args:
        source: Text of the module.
        function: The function, at the top level of the tree.
        tree: Syntax tree of the source.
        new: Its new name.

    Returns:
        The new source; None if it isn't sure what the names refer to.
    """
    old, taken = function.name, bound(tree)
    if new in taken or new in read(tree) or taken.count(old) > 1:
        return None
    lines = [line.encode() for line in source.split("\n")]  # columns count bytes
    head = re.match(rb"\s*def[ \t]+", lines[function.lineno - 1])
    if head is None:
        return None
    places = {(function.lineno, head.end())} | {
        (node.lineno, node.col_offset)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == old
    }
    before, after = old.encode(), new.encode()
    for number, column in sorted(places, reverse=True):
        line = lines[number - 1]
        if not line[column:].startswith(before):  # in another Unicode form, or in an f-string
            return None
        lines[number - 1] = line[:column] + after + line[column + len(before) :]
    return b"\n".join(lines).decode()
