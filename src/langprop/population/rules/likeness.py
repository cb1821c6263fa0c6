"""Likeness: how much two sources are the same program, told from their text alone.

What a model wrote is never parsed in the process that trains. Here it is cut into words by patterns
that go through the text once, whatever it holds.
"""

from __future__ import annotations

import builtins
import heapq
import keyword
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

WINDOW = 6  # words that are compared together
MAX_WINDOWS = 4096  # that are remembered of one source; of more, a fair sample
MAX_WORDS = 20_000  # whose windows are looked at; of the others only the sum counts
_REMEMBERED = 256  # sources

# Each alternative begins in its own way and matches whatever follows, so that nothing is tried
# again: an open string ends with the line, or with the text.
_WORD = re.compile(
    r"""
      (?P<blank>  [ \t\f\r]+ | \\\r?\n )
    | (?P<line>   \n )
    | (?P<comment>\#[^\n]* )
    | (?P<string> (?P<prefix> [bBfFrRuUtT]{0,2} )
        (?P<text> \"\"\"(?: [^"\\]+ | \\(?:.|\Z) | "(?!"") )*(?:\"\"\"|\Z)
                | '''(?: [^'\\]+ | \\(?:.|\Z) | '(?!'') )*(?:'''|\Z)
                | "(?: [^"\\\n]+ | \\(?:.|\Z) )*"?
                | '(?: [^'\\\n]+ | \\(?:.|\Z) )*'? ) )
    | (?P<name>   [^\W\d]\w* )
    | (?P<number> \.?\d[\w.]* )
    | (?P<sign>   \*\*=? | //=? | <<=? | >>=? | -> | [-+*/%&|^@=<>!:]= | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_KEPT = frozenset(keyword.kwlist) | {"match", "case"} | frozenset(dir(builtins))
_END, _IN, _OUT = "\n", "\n>", "\n<"  # of a line; a block is opened; a block is closed
_CLOSERS = {"(": ")", "[": "]", "{": "}"}


class Likeness(NamedTuple):
    """What is compared of a source.

    Attributes:
        whole: Checksum of all words, names numbered in the order in which they first occur.
        windows: Checksums of the windows of words, names numbered within each.
        size: Number of words.
    """

    whole: int
    windows: frozenset[int]
    size: int


def likeness(a: str, b: str) -> float:
    """How much two sources are alike, in [0, 1].

    1 means that they differ in nothing but layout, comments, docstrings and the names that they
    give themselves; otherwise it is less than 1: the share of windows of six words that they have
    in common (the Jaccard index).

    What it doesn't see: the same program with its statements in another order, or written in other
    words.

    Source: Schleimer et al. 2003, "Winnowing: local algorithms for document fingerprinting", for
    windows of normalised words.
    """
    one, other = read(a), read(b)
    if one.whole == other.whole and one.size == other.size:
        return 1.0
    union = one.windows | other.windows
    if len(union) > MAX_WINDOWS:
        union = frozenset(heapq.nsmallest(MAX_WINDOWS, union))
    alike = len(union & one.windows & other.windows) / max(1, len(union))
    return min(alike, 1.0 - 1.0 / (1 + max(one.size, other.size)))


@lru_cache(maxsize=_REMEMBERED)
def read(source: str) -> Likeness:
    """What is compared of a source, which may be any text."""
    found = words(source)
    windows = set()
    seen: Counter[int] = Counter()
    for start in range(max(1, min(len(found), MAX_WORDS) - WINDOW + 1)):
        part = _checksum(_numbered(found[start : start + WINDOW]))
        times = seen[part]
        seen[part] += 1
        windows.add(zlib.crc32(b"%d" % times, part) if times else part)
    if len(windows) > MAX_WINDOWS:
        windows = set(heapq.nsmallest(MAX_WINDOWS, windows))
    return Likeness(_checksum(_numbered(found)), frozenset(windows), len(found))


def words(source: str) -> list[str]:
    """The words of a source, without comments, docstrings and layout.

    The names that a source gives itself begin with "$": not those of attributes, of arguments by
    keyword, of what is imported, of Python's own, and of functions that it calls and doesn't
    define.
    """
    return list(_with_names(_lines(source)))


def _lines(source: str) -> list[str]:
    """The words with marks for the ends of lines and blocks; names begin with "$"."""
    found: list[str] = []
    indents, depth = [0], 0
    column: int | None = 0  # before the first word of a line; None after it
    start = 0  # of the line in `found`

    def end_line() -> None:
        nonlocal start
        if len(found) == start + 1 and found[start].startswith('"'):
            found.pop()  # a docstring, or another text without effect
        elif len(found) > start:
            found.append(_END)
        start = len(found)

    for match in _WORD.finditer(source):
        kind, text = match.lastgroup, match[0]
        if kind == "comment":
            continue
        if kind == "blank":
            column = None if column is None else column + len(text.expandtabs(8))
            continue
        if kind == "line":
            if not depth:
                end_line()
                column = 0
            continue
        if column is not None:
            if column > indents[-1]:
                indents.append(column)
                found.append(_IN)
            while column < indents[-1]:
                indents.pop()
                found.append(_OUT)
            column, start = None, len(found)
        if kind == "string":
            found.append(_text(match["prefix"], match["text"]))
        elif kind == "name":
            kept = text in _KEPT or found[-1:] == ["."]
            found.append(text if kept else "$" + text)
        elif text == ";" and not depth:
            end_line()
        else:
            depth = max(0, depth + (text in _CLOSERS) - (text in _CLOSERS.values()))
            if text in _CLOSERS.values() and found[-1:] == [","]:
                found.pop()
            found.append(text.lower())
    end_line()
    return found


def _with_names(found: list[str]) -> Iterator[str]:
    """The words, and the names that stand for something outside without their "$"."""
    outside: dict[str, None] = {}
    defined: set[str] = set()
    kept: set[int] = set()
    brackets: list[bool] = []  # whether it holds the parameters of a function
    importing = False
    for place, word in enumerate(found):
        before = found[place - 1] if place else _END
        after = found[place + 1] if place + 1 < len(found) else _END
        if before[0] == "\n":
            importing = word in ("from", "import")
        if word in _CLOSERS:
            brackets.append(place > 1 and found[place - 2] == "def")
        elif word in _CLOSERS.values():
            del brackets[-1:]
        elif word[0] == "$" and len(word) > 1:
            if importing and before != "as":
                kept.add(place)
                if after != "as":
                    outside[word] = None
            elif after == "=" and brackets and not brackets[-1]:
                kept.add(place)  # an argument by keyword
            elif before in ("def", "class", "as") or after in ("=", ":="):
                defined.add(word)
            elif after == "(":
                outside.setdefault(word)
    for place, word in enumerate(found):
        given = word[0] == "$" and (word in defined or word not in outside) and place not in kept
        yield word if given else word.removeprefix("$") or word


def _numbered(part: list[str]) -> list[str]:
    """The words with names replaced by their numbers."""
    numbers: dict[str, str] = {}
    return [
        numbers.setdefault(word, f"${len(numbers)}") if word[0] == "$" else word for word in part
    ]


def _checksum(part: list[str]) -> int:
    return zlib.crc32("\0".join(part).encode("utf-8", "surrogatepass"))


def _text(prefix: str, text: str) -> str:
    """A string literal as one word, whatever its quotation marks."""
    quotes = 3 if text[:3] in ('"""', "'''") else 1
    return f'"{prefix.lower().replace("u", "")}:{text[quotes:].removesuffix(text[:quotes])}'
