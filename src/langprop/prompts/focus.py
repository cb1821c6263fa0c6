"""Focus: which places of the inputs an exception is about."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from langprop.prompts.writer import Path

MAX_NODES = 3_000  # values that are looked at
MAX_PLACES = 5  # that are shown whatever is left out around them
MAX_TEXT = 4_000  # [characters] of an exception's message that are read, at its end

_QUOTED = re.compile(r"'(?:[^'\\\n]|\\.){0,200}'|\"(?:[^\"\\\n]|\\.){0,200}\"")
_ESCAPED = re.compile(r"\\(.)")
_INDEX = re.compile(r"\[\s*(-?\d{1,9})\s*\]")
_KEY_ERROR = re.compile(r"^KeyError: (.{1,200})$", re.MULTILINE | re.DOTALL)
_WHOLE = re.compile(r"-?\d{1,18}")
_PLACE = re.compile(r"\b(?:argument|arg|parameter) #?(\d{1,3})\b")
_OWN_LINE = re.compile(r"^    (.*)$", re.MULTILINE)  # the script's source in a message
_EMPTY = re.compile(
    r"index out of range|empty|not enough values|zero-size|reduction operation|no identity"
)


@dataclass(frozen=True)
class Mentions:
    """What an exception speaks of.

    Attributes:
        words: Values that the message quotes: keys, texts that can't be converted.
        keys: Constants in the lines of the script that failed: those it looks up.
        nothing: Whether it complains of None.
        empty: Whether it may complain of an empty container.
        nan: Whether it complains of a number that isn't one.
        argument: Number of the argument that it complains of, from 1; 0 for none.
    """

    words: frozenset[Any]
    keys: frozenset[Any]
    nothing: bool
    empty: bool
    nan: bool
    argument: int

    @classmethod
    def of(cls, exception: str) -> Mentions:
        """Read a message as records hold it: the script's lines, then type and text."""
        text = exception[-MAX_TEXT:]
        start = text.rfind("\n    ")  # the line that failed last
        message = text[text.find("\n", start + 1) + 1 :] if start >= 0 else text
        lines = "\n".join(_OWN_LINE.findall(text))
        words = set(_literals(message))
        if found := _KEY_ERROR.search(message):
            words |= set(_literals(found[1], whole=True))
        keys = {*_literals(lines), *(int(number) for number in _INDEX.findall(lines))}
        place = _PLACE.search(message)
        return cls(
            words=frozenset(words),
            keys=frozenset(keys),
            nothing="NoneType" in message,
            empty=bool(_EMPTY.search(message)),
            nan=bool(re.search(r"\bnan\b", message, re.IGNORECASE)),
            argument=int(place[1]) if place else 0,
        )

    def blames(self, value: Any) -> bool:
        """Whether the message complains of values like this one."""
        if value is None:
            return self.nothing
        if isinstance(value, float):
            return self.nan and value != value  # noqa: PLR0124 - NaN
        return self.empty and _is_empty(value)


def find_focus(exception: str, inputs: Mapping[str, Any]) -> list[Path]:
    """Find the places of the inputs that an exception is about.

    These are, the likeliest first: an entry that lacks the missing key, where its neighbours have
    it; a value that the message quotes; None, an empty container or NaN, where that is what the
    message complains of; entries whose keys the message or the failing lines name; and the
    argument that the message gives the number of.

    Args:
        exception: Message, with the script's lines.
        inputs: Arguments by name.

    Returns:
        A few paths, each of which begins with a name; none if the exception says nothing. Never
        raises: inputs may be of any type.
    """
    if not exception:
        return []
    said = Mentions.of(exception)
    found: dict[int, list[Path]] = {}
    try:
        for rank, path in _search(said, inputs):
            found.setdefault(rank, []).append(path)
    except Exception:  # a value's own method
        found.setdefault(9, [])
    chosen = [path for rank in sorted(found) for path in found[rank][:MAX_PLACES]]
    if 0 < said.argument <= len(inputs):
        chosen.append((list(inputs)[said.argument - 1],))
    return list(dict.fromkeys(chosen))[:MAX_PLACES]


def _search(said: Mentions, inputs: Mapping[str, Any]) -> Iterator[tuple[int, Path]]:
    """Places with their rank, 0 for the likeliest; those that are less deep come first."""
    queue: deque[tuple[Path, Any, frozenset[Any]]] = deque()
    for name, value in inputs.items():
        if name in said.words:
            yield 4, (name,)
        queue.append(((name,), value, frozenset()))
    wanted = said.words | said.keys
    left = MAX_NODES
    while queue and left > 0:
        path, value, usual = queue.popleft()
        left -= 1
        if isinstance(value, dict):
            for key in usual:
                if key not in value:
                    yield 0, path
            for key in wanted:
                if key in value and isinstance(key, str):  # numbers are keys of too much
                    yield (2 if key in said.words else 5), (*path, key)
            below = _usual_keys(value.values(), said.words)
            for key, item in value.items():
                queue.append(((*path, key), item, below))
                if len(queue) > left:
                    break
        elif isinstance(value, (list, tuple)):
            below = _usual_keys(value, said.words)
            for place, item in enumerate(value):
                queue.append(((*path, place), item, below))
                if len(queue) > left:
                    break
        elif _is_word(value) and value in said.words:
            yield 1, path
        if said.blames(value):
            yield 1, path


def _usual_keys(values: Any, words: frozenset[Any]) -> frozenset[Any]:
    """Words that are keys of most of the first values: an entry that lacks one is odd."""
    if not words:
        return words
    rows = [value for value, _ in zip(values, range(64), strict=False) if isinstance(value, dict)]
    return frozenset(
        word for word in words if 2 * sum(word in row for row in rows) > max(1, len(rows))
    )


def _is_word(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def _is_empty(value: Any) -> bool:
    if isinstance(value, (dict, list, tuple, str, set, frozenset)):
        return not value
    numpy = sys.modules.get("numpy")  # whoever has an array has imported it
    return numpy is not None and isinstance(value, numpy.ndarray) and value.size == 0


def _literals(text: str, *, whole: bool = False) -> Iterator[str | int]:
    """Constants of Python that stand in a text, or the one that is the whole text.

    Nothing is parsed: a script may have written the text.
    """
    for found in [text.strip()] if whole else _QUOTED.findall(text):
        if _WHOLE.fullmatch(found):
            yield int(found)
        elif _QUOTED.fullmatch(found):
            yield _ESCAPED.sub(r"\1", found[1:-1])
