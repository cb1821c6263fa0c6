"""Nearest: the lines of a script that come closest to lines that aren't in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

MAX_LINES = 12  # that are quoted
MAX_WIDTH = 160  # [characters] of each
_COMPARED = 40  # lines that are compared letter by letter
_TOO_FAR = 0.4
_WORD = re.compile(r"\w+")


class Excerpt(NamedTuple):
    """Lines of a script.

    Attributes:
        first: Number of the first one, from 1.
        lines: Their text; long ones are cut.
    """

    first: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        """As a sentence can quote them."""
        last = self.first + len(self.lines) - 1
        where = f"line {self.first}" if last == self.first else f"lines {self.first} to {last}"
        return f"{where}:\n```\n" + "\n".join(self.lines) + "\n```\n"


def nearest(wanted: Sequence[str], lines: Sequence[str]) -> Excerpt | None:
    """Find what comes closest; None if nothing comes close.

    The time grows with the length of both, not with their product.

    Args:
        wanted: Lines that were looked for.
        lines: Lines of the script.
    """
    keys = [line.strip() for line in wanted if line.strip()][:200]
    if not keys:
        return None
    start = _by_lines(keys, lines)
    if start is None:
        start = _by_letters(keys, lines)
    if start is None:
        return None
    size = min(len(wanted) + 2, MAX_LINES)
    first = max(0, start - 1)
    quoted = [line[:MAX_WIDTH] for line in lines[first : first + size]]
    while not quoted[-1].strip():
        quoted.pop()
    while not quoted[0].strip():
        quoted.pop(0)
        first += 1
    return Excerpt(first + 1, tuple(quoted))


def _by_lines(keys: Sequence[str], lines: Sequence[str]) -> int | None:
    """The place where most of the lines stand as they are, taken as the start of all of them."""
    offsets: dict[str, list[int]] = {}
    for offset, key in enumerate(keys):
        offsets.setdefault(key, []).append(offset)
    votes: Counter[int] = Counter()
    for number, line in enumerate(lines):
        key = line.strip()
        if len(key) > 3:  # brackets and `else:` stand everywhere
            for offset in offsets.get(key, ())[:5]:
                votes[max(0, number - offset)] += len(key)
    return votes.most_common(1)[0][0] if votes else None


def _by_letters(keys: Sequence[str], lines: Sequence[str]) -> int | None:
    """The line that is most like the longest of the first ones."""
    offset, key = max(enumerate(keys[:10]), key=lambda pair: min(len(pair[1]), MAX_WIDTH))
    key = key[:MAX_WIDTH]
    words = set(_WORD.findall(key))
    likely = sorted(
        ((len(words & set(_WORD.findall(line[:MAX_WIDTH]))), -n) for n, line in enumerate(lines)),
        reverse=True,
    )[:_COMPARED]
    best, place = _TOO_FAR, None
    for _, negative in likely:
        ratio = SequenceMatcher(None, lines[-negative].strip()[:MAX_WIDTH], key).ratio()
        if ratio > best:
            best, place = ratio, max(0, -negative - offset)
    return place
