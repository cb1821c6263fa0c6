"""Fences: the code blocks of a Markdown text."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

_OPEN = re.compile(
    r"^(?P<lead>[ \t>]*?(?:(?:[-*+]|\d+[.)])[ \t]+)?)(?P<fence>`{3,}|~{3,})(?P<info>[^`\n]*)$"
)
_PYTHON = re.compile(r"^\{?\.?(?:i?python|py|pycon|sage)[\d.]*(?:[^a-z].*)?$|^\S+\.py(?:\s.*)?$")
_QUOTE = re.compile(r"^[ \t]*>[ \t]?")


@dataclass(frozen=True)
class Block:
    """One code block.

    Attributes:
        text: What stands in it.
        language: The label on the opening line, in lower case.
        closed: Whether the fence was closed; False if the text ended before.
        longer: The same block as it would be if it went on to a later closing line: a docstring
            may hold fences of its own. At most three.
    """

    text: str
    language: str
    closed: bool = True
    longer: tuple[str, ...] = ()

    @property
    def is_python(self) -> bool:
        """Whether it is labelled as Python."""
        return bool(_PYTHON.match(self.language))


def blocks(text: str) -> list[Block]:
    """Find the code blocks of a Markdown text, in order.

    Fences may be of backticks or tildes, of any length from three, indented, in lists or quoted;
    the last one may be left open.
    """
    lines = text.split("\n")
    found: list[Block] = []
    at = 0
    while at < len(lines):
        opening = _OPEN.match(lines[at])
        if opening is None:
            at += 1
            continue
        first = at + 1
        quoted = ">" in opening["lead"]
        ends = _ends(lines, first, opening["fence"])
        stop = ends[0] if ends else len(lines)
        found.append(
            Block(
                _body(lines[first:stop], quoted),
                opening["info"].strip().lower(),
                closed=bool(ends),
                longer=tuple(_body(lines[first:end], quoted) for end in ends[1:]),
            )
        )
        # A closing line with a label opens the next block, too: somebody forgot to close.
        bare = bool(ends) and not lines[stop].strip(" \t>`~")
        at = stop + 1 if bare else max(stop, first)
    return found


def _ends(lines: list[str], first: int, fence: str) -> list[int]:
    """Lines that may close a block: the first four."""
    close = re.compile(rf"^[ \t>]*{re.escape(fence[0])}{{{len(fence)},}}")
    return list(itertools.islice((i for i in range(first, len(lines)) if close.match(lines[i])), 4))


def _body(lines: list[str], quoted: bool) -> str:
    return "\n".join(_QUOTE.sub("", line) for line in lines) if quoted else "\n".join(lines)
