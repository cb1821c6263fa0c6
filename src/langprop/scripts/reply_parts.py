"""Parts: which of the code blocks of a reply make up the script."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from langprop.errors import ScriptError
from langprop.scripts.fences import Block
from langprop.scripts.fragment import Fragment, Reader
from langprop.scripts.parsing import tree_id

_OLD = re.compile(
    r"\b(?:before|original|previous|old|buggy|incorrect|wrong|broken|your)\b", re.IGNORECASE
)
_NEW = re.compile(
    r"\b(?:after|new|fix(?:ed)?|correct(?:ed)?|improved?|updated?|better|instead|final)\b",
    re.IGNORECASE,
)

Failure = tuple[str, ScriptError]
"""A piece that is no Python, and why."""


def pieces_of(found: Sequence[Block], reader: Reader) -> tuple[list[Fragment], list[Failure]]:
    """The blocks that are Python; those labelled otherwise only if none is."""
    parts: list[Fragment] = []
    errors: list[Failure] = []
    for wanted in (
        [block for block in found if block.may_be_python],
        [block for block in found if not block.may_be_python],
    ):
        for block in wanted:
            old = bool(_OLD.search(block.title)) and not _NEW.search(block.title)
            first: ScriptError | None = None
            for text in (block.text, *block.longer):
                try:
                    parts.append(reader.find(text, closed=block.closed, old=old))
                    break
                except ScriptError as error:
                    first = first or error
            else:
                assert first is not None  # noqa: S101 - for mypy
                errors.append((block.text, first))
        if any(part.functions for part in parts) or errors:
            break
    return parts, errors


def choose(
    parts: Sequence[Fragment], entry_point: str, reader: Reader, parent_id: str | None = None
) -> Fragment | None:
    """The last part that defines the entry point, with the parts that define what it lacks.

    Args:
        parts: Of a reply, in order.
        entry_point: Name of the function that is looked for.
        reader: What reads the result.
        parent_id: Content id of the script that is to be improved: replies quote it.
    """
    defining = [part for part in parts if part.function(entry_point) is not None]
    if not defining:
        return None
    # Models repeat the bare signature after the script: not what is meant, if there is another.
    defining = [p for p in defining if not _is_hollow(p.function(entry_point))] or defining
    defining = [part for part in defining if not part.old] or defining
    if parent_id is not None and len(defining) > 1:
        defining = [
            p for p in defining if tree_id(p.tree, p.source, entry_point) != parent_id
        ] or defining
    chosen = defining[-1]
    others = [part for part in parts if part.function(entry_point) is None]
    lacks = chosen.names.lacking
    needed: list[Fragment] = []
    while lacks:
        helpers = [part for part in others if part not in needed and part.defined & lacks]
        if not helpers:
            break
        needed += helpers
        lacks = set().union(*(part.names.lacking for part in [*needed, chosen]))
    if not needed:
        return chosen
    return join([*(part for part in others if part in needed), chosen], reader)


def join(parts: Sequence[Fragment], reader: Reader) -> Fragment | None:
    """Parts as one text; None if that is no Python."""
    futures: list[str] = []
    bodies: list[str] = []
    for part in parts:
        lines = part.source.strip("\n").split("\n")
        # `from __future__` must stay on top.
        futures += [line for line in lines if line.startswith("from __future__ import")]
        bodies.append("\n".join(line for line in lines if not line.startswith("from __future__ ")))
    source = "\n".join(dict.fromkeys(futures)) + "\n" * bool(futures) + "\n\n\n".join(bodies)
    try:
        return reader.read(source, closed=all(part.closed for part in parts))
    except ScriptError:
        return None


def joined(found: Sequence[Block], entry_point: str, reader: Reader) -> Fragment | None:
    """All Python blocks as one text, if a block goes on with a function that another begins."""
    wanted = [block for block in found if block.may_be_python]
    if not any(block.text.lstrip("\n")[:1].isspace() for block in wanted[1:]):
        return None
    source = "\n".join(block.text for block in wanted)
    try:
        part = reader.read(source, closed=wanted[-1].closed)
    except ScriptError:
        return None
    return part if part.function(entry_point) is not None else None


def _is_hollow(function: ast.FunctionDef | None) -> bool:
    return function is not None and all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in function.body
    )
