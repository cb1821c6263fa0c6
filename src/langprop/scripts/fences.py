"""Fences: the code blocks of a Markdown text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_OPEN = re.compile(
    r"^(?P<lead>[ \t>]*?(?:(?:[-*+]|\d+[.)])[ \t]+)?)(?P<fence>`{3,}|~{3,})(?P<info>[^`\n]*)$"
)
_CLOSE = re.compile(r"^[ \t>]*(?P<fence>`{3,}|~{3,})")
_PYTHON = re.compile(r"^\{?\.?(?:i?python|py|pycon|sage)[\d.]*(?:[^a-z].*)?$|^\S+\.py(?:\s.*)?$")
_QUOTE = re.compile(r"^[ \t]*>[ \t]?")
_MAX_TITLE = 100  # [characters]


@dataclass(frozen=True)
class Block:
    """One code block.

    Attributes:
        text: What stands in it.
        language: The label on the opening line, in lower case.
        closed: Whether the fence was closed; False if the text ended before.
        longer: The same block as it would be if it went on to a later closing line: a docstring
            may hold fences of its own. At most three; and as it would be if it ended behind code,
            on the same line.
        title: The line before it, if that is short; "" if not.
    """

    text: str
    language: str
    closed: bool = True
    longer: tuple[str, ...] = ()
    title: str = ""

    @property
    def is_python(self) -> bool:
        """Whether it is labelled as Python."""
        return bool(_PYTHON.match(self.language))

    @property
    def may_be_python(self) -> bool:
        """Whether it is labelled as Python, or not at all."""
        return not self.language or self.is_python


def blocks(text: str) -> list[Block]:
    """Find the code blocks of a Markdown text, in order.

    Fences may be of backticks or tildes, of any length from three, indented, in lists or quoted;
    the last one may be left open.
    """
    lines = text.split("\n")
    result: list[Block] = []
    for number, opening, ends in _spans(lines):
        first, quoted = number + 1, ">" in opening["lead"]
        stop = ends[0] if ends else len(lines)
        others = [_body(lines[first:end], quoted) for end in ends[1:]]
        result.append(
            Block(
                _body(lines[first:stop], quoted),
                opening["info"].strip().lower(),
                closed=bool(ends),
                longer=(*others, *_glued(lines[first:stop], opening["fence"], quoted)),
                title=_title(lines, number),
            )
        )
    return result


def is_open(text: str) -> bool:
    """Whether a text ends within a code block."""
    closed = True
    for _, _, ends in _spans(text.split("\n")):
        closed = bool(ends)
    return not closed


def _spans(lines: list[str]) -> Iterator[tuple[int, re.Match[str], list[int]]]:
    """Of each block the number of its opening line, that line, and the lines that may close it."""
    # Of most texts only these lines matter, so that looking for an end again and again is quick.
    candidates = [number for number, line in enumerate(lines) if "```" in line or "~~~" in line]
    fences = [
        (number, found["fence"]) for number in candidates if (found := _CLOSE.match(lines[number]))
    ]
    at = place = 0  # in the lines, in the fences
    for number in candidates:
        opening = _OPEN.match(lines[number]) if number >= at else None
        if opening is None:
            continue
        while place < len(fences) and fences[place][0] <= number:
            place += 1
        ends = _ends(fences, place, opening["fence"])
        yield number, opening, ends
        if not ends:
            return
        # A closing line with a label opens the next block, too: somebody forgot to close.
        at = ends[0] + (not lines[ends[0]].strip(" \t>`~"))


def _ends(fences: list[tuple[int, str]], place: int, fence: str) -> list[int]:
    """Lines that may close a block: the first four."""
    ends: list[int] = []
    for each in range(place, len(fences)):
        number, other = fences[each]
        if other[0] == fence[0] and len(other) >= len(fence):
            ends.append(number)
            if len(ends) == 4:
                break
    return ends


def _glued(lines: list[str], fence: str, quoted: bool) -> list[str]:
    """The block up to the first line that ends with the fence, if there is one."""
    for number, line in enumerate(lines):
        code = line.rstrip()
        if code.endswith(fence):
            return [_body([*lines[:number], code.rstrip(fence[0])], quoted)]
    return []


def _title(lines: list[str], number: int) -> str:
    for before in range(number - 1, max(number - 3, -1), -1):
        line = lines[before].strip()
        if line:
            return line if len(line) <= _MAX_TITLE else ""
    return ""


def _body(lines: list[str], quoted: bool) -> str:
    return "\n".join(_QUOTE.sub("", line) for line in lines) if quoted else "\n".join(lines)
