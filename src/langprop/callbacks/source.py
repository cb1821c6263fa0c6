"""Showing source code that a model wrote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from langprop.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

MAX_COLOURED = 50_000  # [characters] colouring looks for patterns; odd text can make that slow

# What a terminal obeys, and what reorders or hides text; newline and tab stay.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def print_source(console: Console, source: str) -> None:
    """Print source: in colour on a terminal, elsewhere as it is, so that it can be copied.

    A model wrote it: on a terminal, what isn't visible is written as an escape sequence of Python.
    """
    from rich.syntax import Syntax

    source = source.rstrip()
    if console.is_terminal:
        source = visible(source)
    if console.is_terminal and len(source) <= MAX_COLOURED:
        console.print(Syntax(source, "python", background_color="default", word_wrap=True))
    else:
        console.print(source, markup=False, highlight=False, soft_wrap=True)


def visible(text: str) -> str:
    """Text for a terminal: what isn't visible is written as an escape sequence of Python."""
    return _INVISIBLE.sub(lambda found: ascii(found[0])[1:-1], text.replace("\r\n", "\n"))


def check_console(who: str, console: Any) -> None:
    """See that what shall print can.

    Raises:
        ConfigError: It is neither None nor a console.
    """
    if console is not None and not callable(getattr(console, "print", None)):
        raise ConfigError(
            f"{who} prints on a console such as rich.console.Console(stderr=True), but got "
            f"{console!r}."
        )
