"""Showing source code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def print_source(console: Console, source: str) -> None:
    """Print source: in colour on a terminal, elsewhere as it is, so that it can be copied."""
    from rich.syntax import Syntax

    source = source.rstrip()
    if console.is_terminal:
        console.print(Syntax(source, "python", background_color="default", word_wrap=True))
    else:
        console.print(source, markup=False, highlight=False, soft_wrap=True)
