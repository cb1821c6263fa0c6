"""Fence: values as Markdown code blocks that they can't break out of."""

from __future__ import annotations

import re


def fenced(text: str, language: str = "") -> str:
    """Put text into a code block whose fence is longer than any run of backticks in it.

    Args:
        text: Any text; blanks at its end are dropped.
        language: What the block is labelled with, such as "python".
    """
    text = str(text).rstrip()
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def sendable(text: str) -> str:
    """Replace what can't be sent as UTF-8: halves of surrogate pairs, and null characters."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "?")
