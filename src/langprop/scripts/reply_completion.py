"""Completion: what a script uses and models leave out: imports, and helpers of the parent."""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import lru_cache

from langprop.errors import ScriptError
from langprop.scripts.fragment import Fragment, Reader
from langprop.scripts.imports import missing_imports, statements_for, with_imports
from langprop.scripts.names import defined, names
from langprop.scripts.reply_parts import join


@lru_cache(maxsize=32)  # the stub, and the parents of this step; up to MAX_SIZE characters each
def parsed(source: str) -> Fragment | None:
    """Source that isn't of the reply itself; None if it is no Python."""
    try:
        return Reader().read(source)
    except ScriptError:
        return None


def completed(
    part: Fragment,
    entry_point: str,
    reader: Reader,
    *,
    stub: str,
    parent: str | None,
    provided: Collection[str],
) -> Fragment:
    """A script with what it lacks, where it is clear what that is.

    In this order: functions, classes and constants of the parent; imports of the specification;
    imports of the parent; imports that everybody knows.

    Args:
        part: The script.
        entry_point: Name of its function that is called.
        reader: What reads the result.
        stub: Source of the specification.
        parent: Source of the script that is to be improved, if any.
        provided: Names that it finds without binding them.
    """
    lacks = part.names.lacking.difference(provided)
    if not lacks:
        return part
    part = _with_helpers(part, entry_point, reader, parent, provided)
    lacks = part.names.lacking.difference(provided)
    lines: list[str] = []
    for other in (stub, parent):
        if lacks and other is not None and (known := parsed(other)):
            added = statements_for(known.tree.body, lacks)
            lacks = lacks.difference(*(defined(ast.parse(line)) for line in added))
            lines += added
    if lacks:
        lines += missing_imports(part.names, known=part.names.lacking - lacks, more=stub)
    if not lines:
        return part
    try:
        return reader.read(with_imports(part.source, part.tree, lines), closed=part.closed)
    except ScriptError:
        return part


def merged(part: Fragment, parent: Fragment, reader: Reader) -> Fragment | None:
    """The parent with functions and classes replaced by those of the same names in a reply.

    Returns:
        None if the reply defines something else, too.
    """
    new = {
        node.name: number
        for number, node in enumerate(part.tree.body)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    old = {
        node.name: number
        for number, node in enumerate(parent.tree.body)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    if not new or not new.keys() <= old.keys():
        return None
    lines: list[str] = parent.source.split("\n")
    for name in sorted(new, key=lambda name: -old[name]):
        start = parent.first_line(old[name]) - 1
        lines[start : parent.tree.body[old[name]].end_lineno] = [part.segment(new[name])]
    try:
        return reader.read("\n".join(lines), closed=part.closed)
    except ScriptError:
        return None


def _with_helpers(
    part: Fragment,
    entry_point: str,
    reader: Reader,
    parent: str | None,
    provided: Collection[str],
) -> Fragment:
    """With the functions, classes and constants of the parent that it uses and doesn't bind."""
    old = None if parent is None else parsed(parent)
    if old is None:
        return part
    owners = _owners(old)
    needed: set[int] = set()
    waiting = part.names.lacking.difference(provided)
    seen = {entry_point, *part.defined}
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for number in owners.get(name, ()):
            if number not in needed:
                needed.add(number)
                waiting |= names(old.tree.body[number]).lacking.difference(provided)
    if not needed:
        return part
    try:
        helpers = reader.read("\n\n\n".join(old.segment(number) for number in sorted(needed)))
    except ScriptError:
        return part
    return join([helpers, part], reader) or part


def _owners(part: Fragment) -> dict[str, list[int]]:
    """Which statements at the top level bind a name; imports aside."""
    owners: dict[str, list[int]] = {}
    for number, node in enumerate(part.tree.body):
        if not isinstance(node, (ast.Import, ast.ImportFrom, ast.Expr)):
            for name in defined(ast.Module([node], [])):
                owners.setdefault(name, []).append(number)
    return owners
