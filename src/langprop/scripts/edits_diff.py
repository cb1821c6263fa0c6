"""Unified diffs as edits: by what they keep, remove and add; models can't count lines."""

from __future__ import annotations

import re

from langprop.scripts.edit import Edit, Edits, Reading
from langprop.scripts.fences import blocks

_HUNK = re.compile(r"^@@(?:[ \t].*|$)")
_HEAD = re.compile(
    r"^(?:diff --|index [0-9a-f]+\.\.|new file|deleted file|old mode|new mode|similarity |rename "
    r"|\*\*\* |Index: )"
)
_HEADS = re.compile(r"^(?:@@(?:[ \t]|$)|--- [^\n]*\n\+\+\+ |\*\*\* Begin Patch)", re.MULTILINE)
_DIFF_LANGUAGES = frozenset({"diff", "patch", "udiff", "unified-diff", "git"})


def find_hunks(text: str) -> Edits | None:
    """Find the hunks of diffs in code blocks, or in a text without one; None if there is none."""
    found = blocks(text)
    chosen = [
        block
        for block in found
        if block.language.split(" ")[0] in _DIFF_LANGUAGES or _begins_diff(block.text)
    ]
    edits = [edit for block in chosen for edit in _hunks(block.text)]
    if not found and (head := _HEADS.search(text)):
        edits = _hunks(text[head.start() :], bare=True)
    if not edits:
        return None
    if not any(edit.search for edit in edits):  # a new file
        return Edits(tuple(edits), text)
    others = [block.text for block in found if block not in chosen and block.may_be_python]
    rest = "\n".join(f"````python\n{other}\n````" for other in others)
    return Edits(tuple(edits), rest, all(block.closed for block in chosen))


def _begins_diff(text: str) -> bool:
    first, _, more = text.lstrip("\n").partition("\n")
    return bool(_HUNK.match(first) or _HEAD.match(first)) or (
        first.startswith("--- ") and more.startswith("+++ ")
    )


def _hunks(text: str, *, bare: bool = False) -> list[Edit]:
    """The hunks of a diff: what they keep and remove → what they keep and add."""
    hunks: list[list[str]] = [[]]
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        following = lines[at + 1] if at + 1 < len(lines) else ""
        if line.startswith("--- ") and following.startswith("+++ "):
            hunks.append([])
            at += 2
            continue
        if _HUNK.match(line) or _HEAD.match(line):
            hunks.append([])
        elif not line.startswith("\\"):
            hunks[-1].append(line)
        at += 1
    if bare:
        hunks = [_without_prose(hunk) for hunk in hunks]
    return [edit for hunk in hunks if (edit := _hunk(hunk)) is not None]


def _without_prose(lines: list[str]) -> list[str]:
    """Up to what follows a diff that no fence ends."""
    changed = [number for number, line in enumerate(lines) if line[:1] in ("+", "-")]
    stop = changed[-1] + 1 if changed else 0
    while stop < len(lines) and lines[stop].startswith(" "):
        stop += 1
    return lines[:stop]


def _hunk(lines: list[str]) -> Edit | None:
    if not any(line[:1] in ("+", "-") for line in lines):
        return None
    while lines and not lines[-1].strip():
        lines.pop()
    readings: list[Reading] = []
    # Models forget the blank before the lines that stay: then they are taken as they are.
    for margin in (1, 0):
        old: list[str] = []
        new: list[str] = []
        for line in lines:
            kept = line[margin:] if line.startswith(" ") else line
            if line.startswith("-"):
                old.append(line[1:])
            elif line.startswith("+"):
                new.append(line[1:])
            else:
                old.append(kept)
                new.append(kept)
        readings.append((tuple(old), tuple(new)))
    return Edit(tuple(dict.fromkeys(readings)))
