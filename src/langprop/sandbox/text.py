"""Text of any origin, made fit for people."""

from __future__ import annotations

import re

# Escape sequences, and characters that reorder or hide text on a screen; newline and tab stay.
_INVISIBLE = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def clean(text: bytes | str, limit: int) -> str:
    """Text of any origin made fit for screens, prompts and files: valid, cut, nothing hidden."""
    if isinstance(text, str):
        text = text.encode("utf-8", "replace")
    return _INVISIBLE.sub("", text[: 4 * limit].decode("utf-8", "replace"))[:limit]
