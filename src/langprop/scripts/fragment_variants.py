"""Variants: what a piece of text may have been before somebody made it look nice.

Markdown indents, doctests and listings put something in front of each line, web pages escape
characters, word processors put others in their place. Each variant is what the text would be
without one such change more; the caller takes the first that is Python.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator

_PROMPT = re.compile(r"^[ \t]*(?:>>>|\.\.\.)(?: |$)")
_NUMBER = re.compile(r"^[ \t\xa0]*L?(\d{1,6})(?:[ \t]?[|:│┃.)→>]|(?=[ \t\xa0]|$))")
_DIFF_HEAD = re.compile(r"^(?:diff |index |@@|\+\+\+ |--- |\*\*\* |\\ No newline)")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#0?39|#x27|#34|#x22|#60|#62|#160);", re.I)
_ENTITIES = {
    "lt": "<",
    "gt": ">",
    "amp": "&",
    "quot": '"',
    "apos": "'",
    "nbsp": " ",
    "#39": "'",
    "#039": "'",
    "#x27": "'",
    "#34": '"',
    "#x22": '"',
    "#60": "<",
    "#62": ">",
    "#160": " ",
}
ENTITY_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos", "nbsp"})

# What stands in a script by mistake only: outside of strings, Python knows none of these.
_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys(map(chr, [0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]), " "),
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad", ""),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4", "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full width
        "\u3001": ",",
        "\u2264": "<=",
        "\u2265": ">=",
        "\u2260": "!=",
        "\u00d7": "*",
        "\u00f7": "/",
        "\u2192": "->",
        "\u2026": "...",
    }
)
_ODD = re.compile("[" + "".join(map(re.escape, map(chr, _CHARACTERS))) + "]")
_LITERAL = re.compile(
    r"('''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|#[^\n]*)", re.DOTALL
)


def variants(text: str) -> Iterator[str]:
    """The text as it is, and freed of what was added to it, step by step."""
    yield text
    seen = {text}
    current = text
    for clean in (_same, _numbered, _characters, _escaped, _prompted, _added):
        current = clean(current)
        for variant in (current, textwrap.dedent(current)):
            if variant not in seen:
                seen.add(variant)
                yield variant
    for variant in _last_resorts(current):
        if variant not in seen:
            seen.add(variant)
            yield variant


def has_entities(text: str) -> bool:
    """Whether characters are written as on a web page, such as `&lt;`."""
    return "&" in text and _ENTITY.search(text) is not None


def unescaped(text: str) -> str:
    """The text with the characters that were written as on a web page."""
    return _ENTITY.sub(lambda found: _ENTITIES[found[0][1:-1].lower()], text)


def _last_resorts(text: str) -> Iterator[str]:
    if "\t" in text:
        yield textwrap.dedent(text.expandtabs(4))
        yield textwrap.dedent(text.expandtabs(8))
    if _ODD.search(text):  # a quotation mark of both kinds, in which literals can't be told
        yield textwrap.dedent(text.translate(_CHARACTERS))
    if has_entities(text):
        yield textwrap.dedent(_outside(text, unescaped))
    lines = text.split("\n")
    first = next(filter(str.strip, lines), "")
    margin = len(first) - len(first.lstrip())
    if margin:  # a later line, such as one of a docstring, may be indented less
        yield "\n".join(line[min(margin, len(line) - len(line.lstrip())) :] for line in lines)


def _same(text: str) -> str:
    return text


def _characters(text: str) -> str:
    if not _ODD.search(text):
        return text
    return _outside(text, lambda part: part.translate(_CHARACTERS))


def _outside(text: str, change: Callable[[str], str]) -> str:
    """Change what is neither a string nor a comment."""
    parts = _LITERAL.split(text)
    parts[::2] = map(change, parts[::2])
    return "".join(parts)


def _escaped(text: str) -> str:
    # Who escapes one `<` escapes all of them.
    return unescaped(text) if has_entities(text) and "<" not in text else text


def _numbered(text: str) -> str:
    """Without the numbers of lines, if each line that isn't empty has one and they go up by one."""
    result = []
    last: int | None = None
    blanks = 0  # without a number since the last one: counted or not
    for line in text.split("\n"):
        found = _NUMBER.match(line)
        if found is None and line.strip():
            return text
        if found is None:
            blanks += 1
            result.append("")
            continue
        number = int(found[1])
        if last is not None and not last < number <= last + blanks + 1:
            return text
        last, blanks = number, 0
        result.append(line[found.end() :])
    return text if last is None else textwrap.dedent("\n".join(result))


def _prompted(text: str) -> str:
    """Without the prompts of an interactive session; only what was typed."""
    if not text.lstrip().startswith(">>>"):
        return text
    lines = text.split("\n")
    return "\n".join(_PROMPT.sub("", line) for line in lines if _PROMPT.match(line))


def _added(text: str) -> str:
    """Without the plus in front of each line; not of a diff that removes or keeps something."""
    lines = [line for line in text.split("\n") if not _DIFF_HEAD.match(line)]
    if not any(line.startswith("+") for line in lines) or any(
        line.strip() and not line.startswith("+") for line in lines
    ):
        return text
    return "\n".join(line[1:] for line in lines)
