"""Edits: changes of a script that a reply asks for, as models write them.

Two forms are read. Search and replace:

    <<<<<<< SEARCH
    lines of the script
    =======
    lines in their place
    >>>>>>> REPLACE

and the hunks of unified diffs, whose line numbers are ignored: models can't count lines. What the
text means isn't decided here where it isn't certain: an edit has several readings, and the first
one that fits the script is meant.
"""

from __future__ import annotations

import re

from langprop.errors import ReplyError
from langprop.scripts.edit import Edit, Edits, Reading
from langprop.scripts.edits_diff import find_hunks
from langprop.scripts.fragment_variants import unescaped

MAX_EDITS = 100
MAX_READINGS = 8

_WORDS_OLD = "SEARCH|ORIGINAL|OLD|BEFORE|FIND|HEAD|CURRENT"
_WORDS_NEW = "REPLACE|UPDATED?|NEW|AFTER|MODIFIED|REPLACEMENT"
_LEAD = r"^(?P<lead>[ \t>]*)"
_OPEN = re.compile(
    rf"{_LEAD}(?:(?P<sign><{{5,}})[ \t]*|<{{3,4}}[ \t]*(?=(?:{_WORDS_OLD})\b)"
    r"|-{5,}[ \t]*(?=SEARCH\b))"
    rf"(?:(?:{_WORDS_OLD})\b[^\n]*)?[ \t]*>*[ \t]*$",
    re.IGNORECASE,
)
_MIDDLE = re.compile(rf"{_LEAD}(?P<sign>={{3,}})[ \t]*$")
_CLOSE = re.compile(
    # Three or four are also the prompt of a doctest: `>>> new = 1`.
    rf"{_LEAD}(?:>{{5,}}[ \t]*(?:(?i:{_WORDS_NEW})\b[^\n]*)?$|>{{3,}}[ \t]*REPLACE\b[^\n]*$"
    r"|\+{5,}[ \t]*REPLACE\b[^\n]*$)"
)
_MAX_MARKER = 200  # [characters] on a line
_TAGS = (
    ("search", "replace"),
    ("old_str", "new_str"),
    ("old_string", "new_string"),
    ("original", "updated"),
    ("old", "new"),
    ("find", "replace"),
)
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[^`]*$")


def find_edits(text: str) -> Edits | None:
    """Find the edits of a reply; None if there is none.

    Args:
        text: With line feeds only.

    Raises:
        ReplyError: An edit has no end, or there are too many.
    """
    if "&lt;&lt;&lt;" in text:
        text = unescaped(text)
    found = _marked(text) or _in_tags(text) or find_hunks(text)
    if found is not None and len(found.edits) > MAX_EDITS:
        raise ReplyError(
            f"it holds {len(found.edits):,} edits, and the limit is {MAX_EDITS}; send the whole "
            "script in one block."
        )
    return found


# Search and replace


def _marked(text: str) -> Edits | None:
    lines = text.split("\n")
    marks = _marks(lines)
    if not any(kind == "open" for kind, _ in marks):
        return None
    edits: list[Edit] = []
    inside: set[int] = set()
    at = last = 0
    while at < len(marks):
        kind, first = marks[at]
        if kind != "open":
            at += 1
            continue
        # An edit ends at the first closing mark behind it; one that another follows has no end.
        stop = at + 1
        while stop < len(marks) and marks[stop][0] == "middle":
            stop += 1
        number = len(edits) + 1
        if stop == len(marks) or marks[stop][0] != "close":
            raise ReplyError(
                f"edit {number} isn't complete: it needs a line  >>>>>>> REPLACE  at its end."
            )
        middles = [line for _, line in marks[at + 1 : stop]]
        if not middles:
            raise ReplyError(
                f"edit {number} isn't complete: a line  =======  must stand between what is "
                "searched for and what takes its place."
            )
        last = marks[stop][1]
        if len(edits) <= MAX_EDITS:
            edits.append(_edit(lines, first, middles, last))
        else:
            edits.append(edits[-1])  # only counted
        inside.update(range(first, last + 1))
        at = stop + 1
    rest = "\n".join("" if number in inside else line for number, line in enumerate(lines))
    after = any(line.strip() for line in lines[last + 1 :])
    return Edits(tuple(edits), rest, after)


def _marks(lines: list[str]) -> list[tuple[str, int]]:
    marks = []
    for number, line in enumerate(lines):
        if len(line) > _MAX_MARKER:
            continue
        if "<<<" in line or "-----" in line:
            if _OPEN.match(line):
                marks.append(("open", number))
        elif "===" in line:
            if _MIDDLE.match(line):
                marks.append(("middle", number))
        elif (">>>" in line or "+++++" in line) and _CLOSE.match(line):
            marks.append(("close", number))
    return marks


def _edit(lines: list[str], first: int, middles: list[int], last: int) -> Edit:
    opening = _OPEN.match(lines[first])
    lead = opening["lead"] if opening else ""
    length = len(opening["sign"] or "") if opening else 0
    readings: list[Reading] = []
    for middle in _likely(lines, middles, lead, length):
        old, new = lines[first + 1 : middle], lines[middle + 1 : last]
        if ">" in lead:
            old, new = _unquoted(old), _unquoted(new)
        raw = (tuple(old), tuple(new))
        bare = (_unfenced(old), _unfenced(new))
        margin = len(lead.expandtabs(4)) if ">" not in lead else 0
        shifted = [
            (_shifted(old, margin), _shifted(new, margin)) for old, new in (bare, raw) if margin
        ]
        readings += [bare, raw, *shifted]
    return Edit(tuple(dict.fromkeys(readings))[:MAX_READINGS])


def _likely(lines: list[str], middles: list[int], lead: str, length: int) -> list[int]:
    """Which lines may be the mark; one of equal signs may also underline a title in a docstring."""
    at_margin = [number for number in middles if lines[number].startswith(lead + "=")]
    as_long = [number for number in at_margin if len(lines[number].rstrip()) == len(lead) + length]
    # Of several that fit, the last one: what was searched for holds the others.
    return (as_long or at_margin or middles)[::-1][:4]


def _unquoted(lines: list[str]) -> list[str]:
    return [re.sub(r"^[ \t]*>[ \t]?", "", line) for line in lines]


def _unfenced(lines: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Without the fence around the lines, if there is one."""
    full = [number for number, line in enumerate(lines) if line.strip()]
    if len(full) >= 2 and _FENCE.match(lines[full[0]]) and _FENCE.match(lines[full[-1]]):
        return tuple(lines[full[0] + 1 : full[-1]])
    return tuple(lines)


def _shifted(lines: tuple[str, ...], margin: int) -> tuple[str, ...]:
    """Without the margin that the markers have; as it is if a line has less."""
    if any(line.strip() and line[:margin].strip() for line in lines):
        return lines
    return tuple(line[margin:] for line in lines)


def _in_tags(text: str) -> Edits | None:
    for before, after in _TAGS:
        tags = [f"<{before}>", f"</{before}>", f"<{after}>", f"</{after}>"]
        if all(tag in text for tag in tags):
            return _between(text, tags)
    return None


def _between(text: str, tags: list[str]) -> Edits | None:
    edits: list[Edit] = []
    rest: list[str] = []
    end = 0
    while True:
        places = [end]
        for tag in tags:
            found = text.find(tag, places[-1])
            if found < 0:
                break
            places.append(found + len(tag))
        else:
            old = _section(text[places[1] : places[2] - len(tags[1])])
            new = _section(text[places[3] : places[4] - len(tags[3])])
            readings = [(_unfenced(old), _unfenced(new)), (old, new)]
            edits.append(Edit(tuple(dict.fromkeys(readings))))
            rest.append(text[end : places[1] - len(tags[0])])
            end = places[4]
            continue
        rest.append(text[end:])
        return Edits(tuple(edits), "\n".join(rest)) if edits else None


def _section(text: str) -> tuple[str, ...]:
    text = text.removeprefix("\n").removesuffix("\n")
    return tuple(text.split("\n")) if text else ()
