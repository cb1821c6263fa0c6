"""Showing how two scripts differ."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from langprop.callbacks.source import visible

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def print_difference(console: Console, before: str, after: str, names: tuple[str, str]) -> bool:
    """Print a unified diff, in colour on a terminal; returns whether there is a difference.

    Args:
        console: Where to.
        before: Source.
        after: Source.
        names: What they are called.
    """
    lines = list(
        difflib.unified_diff(
            _lines(before), _lines(after), fromfile=names[0], tofile=names[1], lineterm=""
        )
    )
    for place, text in enumerate(lines):
        line = visible(text) if console.is_terminal else text
        style = "bold" if place < 2 else _STYLES.get(line[:1])
        console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)
    return bool(lines)


def _lines(source: str) -> list[str]:
    return source.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
