"""Text of any origin, made fit for people."""

from __future__ import annotations

import re

MAX_TEXT = 2_000
"""Characters of the text of a failure."""

# Characters that control, hide or reorder text (the categories Cc, Cf, Cs, Zl and Zp of Unicode 16)
# and those that select variants, in which data can be hidden. Newline and tab stay.
_HIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891"
    "\u08e2\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ud800-\udfff"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U00013438"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
    "\U000e0100-\U000e01ef"
)
_INVISIBLE = re.compile(f"\x1b\\[[0-?]*[ -/]*[@-~]|[{_HIDDEN}]")


def clean(text: bytes | str, limit: int) -> str:
    """Text of any origin made fit for screens, prompts and files: valid, cut, nothing hidden."""
    if isinstance(text, str):
        text = text.encode("utf-8", "replace")
    return _INVISIBLE.sub("", text[: 4 * limit].decode("utf-8", "replace"))[:limit]
