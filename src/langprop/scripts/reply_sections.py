"""Sections: the code in a reply that has no fence around it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from langprop.errors import ScriptError
from langprop.scripts.fragment import Fragment, Reader, line_of
from langprop.scripts.reply_parts import Failure

MAX_SECTIONS = 20  # that are read
MAX_TRIES = 6  # to find the end of one

_CODE_LINE = re.compile(
    r"^(?:(?:async[ ]+)?def[ ]+\w+[ ]*\(|import[ ]+\w|from[ ]+\S+[ ]+import\b|class[ ]+\w+|@\w)"
)


def is_code(line: str) -> bool:
    """Whether a line begins like a definition or an import."""
    return _CODE_LINE.match(line) is not None


def sections(text: str, entry_point: str, reader: Reader) -> tuple[list[Fragment], list[Failure]]:
    """Code among prose: from a line that looks like it to where it ends.

    Returns:
        What of it is Python, and what isn't; nothing of either if the entry point isn't defined.
    """
    head = re.compile(rf"([ \t]*)(?:async )?def +{re.escape(entry_point)}\b")
    lines = text.split("\n")
    heads = [number for number, line in enumerate(lines) if head.match(line)]
    if not heads:
        return [], []  # prose
    margin = lines[heads[-1]][: -len(lines[heads[-1]].lstrip())]
    lines = [line.removeprefix(margin) for line in lines]
    parts: list[Fragment] = []
    errors: list[Failure] = []
    at = 0
    for _ in range(MAX_SECTIONS):
        start = next((i for i in range(at, len(lines)) if is_code(lines[i])), None)
        if start is None:
            break
        part, stop, failure = _section(lines, start, reader)
        parts += [without_words(part, reader)] if part else []
        errors += [failure] if failure else []
        at = max(stop, start + 1)
    if at <= heads[-1]:  # many lines before it look like code
        part, _, _ = _section(lines, heads[-1], reader)
        parts += [without_words(part, reader)] if part else []
    return parts, errors[:1]


def without_words(part: Fragment, reader: Reader) -> Fragment:
    """Without a word of prose before or after the script, such as "Done", which is Python."""
    nodes = part.tree.body
    keep = [number for number, node in enumerate(nodes) if not _is_word(node, part)]
    if len(keep) == len(nodes) or not keep:
        return part
    start = part.first_line(keep[0]) - 1 if keep[0] else 0
    lines = part.source.split("\n")
    stop = nodes[keep[-1]].end_lineno if keep[-1] < len(nodes) - 1 else len(lines)
    try:
        return reader.read("\n".join(lines[start:stop]), closed=part.closed)
    except ScriptError:
        return part


def _section(
    lines: Sequence[str], start: int, reader: Reader
) -> tuple[Fragment | None, int, Failure | None]:
    """The code that begins at a line, the line behind it, and why it isn't longer."""
    stop = len(lines)
    first: Failure | None = None
    for _ in range(MAX_TRIES):
        source = "\n".join(lines[start:stop])
        try:
            return reader.read(source, closed=stop < len(lines)), stop, first
        except ScriptError as error:
            first = first or (source, error)
            number = line_of(error)
        # What follows the code begins at the margin, at the line that was no Python or before.
        bad = start + number - 1 if number else start
        ends = (i for i in range(min(bad, stop - 1), start, -1) if lines[i][:1].strip())
        stop = next(ends, start)
        if stop == start:
            break
    return None, start + 1, first


def _is_word(node: ast.stmt, part: Fragment) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Name)
        and node.value.id in part.names.lacking
    )
