"""Travel: what goes to the guarded process that reads scripts, and what comes back.

Both sides use it. It is light: the process that trains doesn't load what reads scripts.
"""

from __future__ import annotations

from langprop.errors import ReplyError

OK, SCRIPT, REPLY, DEFECT = "ok", "script", "reply", "defect"
"""How an operation ended: an answer, a `ScriptError`, a `ReplyError`, a mistake in LangProp."""

MAX_REPLY = 1_000_000  # [characters] far above what a model writes in one go


def to_bytes(text: str) -> bytes:
    """Text of any origin, fit to travel."""
    return text.encode("utf-8", "surrogatepass")


def to_text(data: bytes) -> str:
    """The text that was made to travel.

    Raises:
        UnicodeDecodeError: The bytes are no text.
    """
    return data.decode("utf-8", "surrogatepass")


def check_reply_length(text: str) -> None:
    """Refuse a reply that is too long.

    Raises:
        ReplyError: It is.
    """
    if len(text) > MAX_REPLY:
        raise ReplyError(
            f"it has {len(text):,} characters; answer with the script and a few sentences only."
        )
