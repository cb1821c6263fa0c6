"""Secrets: keys are blotted out of everything that is shown or written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

BLOT = "[key]"

_LIKE_A_KEY = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|key|hf|ghp|glpat|AIza)[-_][\w*.\-]{6,}"  # as providers write them
    r"|\bAIza[\w\-]{20,}|\bAKIA[A-Z0-9]{12,}"
    r"|(?i:\bbearer)\s+[\w.\-~+/]{8,}=*"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user:password in an address
)
# In scripts and prompts `key_points` and `sk-learn` are words: what was recorded must stay what it
# was, so that it can be replayed. Keys are long, and hold digits.
_SURELY_A_KEY = re.compile(
    r"\b(?:sk|pk|rk|xai|key|glpat)-(?=[\w\-]*\d)[\w\-]{16,}"
    r"|\b(?:gsk|hf|ghp|gho|sk_live|pk_live|rk_live)_(?=\w*\d)[A-Za-z0-9]{20,}"
    r"|\bAIza(?=[\w\-]*\d)[\w\-]{30,}|\bAKIA[A-Z0-9]{16}\b"
    r"|(?i:\bbearer)\s+(?=[\w.\-~+/]*\d)[\w.\-~+/]{20,}=*"
)
_SECRET_NAME = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL)S?$", re.IGNORECASE)
_SECRET_SETTING = re.compile(
    r"(?<!cache_)key(?:_id)?$|(?:^|_)token$|secret|passw|credential|authorization|cookie|^auth$",
    re.IGNORECASE,
)
_SHORTEST = 8  # [characters] a shorter value may be a word of any text


def redact(text: str, secrets: Iterable[str] = (), *, data: bool = False) -> str:
    """Blot out keys.

    Args:
        text: Any text.
        secrets: Those that are known. Values of environment variables that are named like secrets
            (`…_KEY`, `…_TOKEN`, `…_SECRET`, `…_PASSWORD`) are always looked for, and so is what
            looks like a key.
        data: Whether the text is one that must stay as it is but for keys, such as a script:
            looking like a key isn't enough then, it must surely be one.
    """
    return _blotter(secrets, data=data)(text)


def redacted(value: Any, secrets: Iterable[str] = ()) -> Any:
    """Plain data without keys: in its texts, and where a name says that it is one.

    Such names are `api_key`, `aws_session_token`, or the header `Authorization`.

    Args:
        value: Plain data; what is something else is shown, as text.
        secrets: As for `redact`.
    """
    return _redacted(value, _blotter(secrets, data=True), _blotter(secrets))


def _blotter(secrets: Iterable[str] = (), *, data: bool = False) -> Callable[[str], str]:
    """What blots keys out of texts; made once for many, since it looks through the environment."""
    given = {*secrets}
    known = sorted(
        (
            secret
            for secret in given | {*_environment()}
            if len(secret) >= _SHORTEST or (len(secret) > 4 and secret in given)
        ),
        key=len,
        reverse=True,
    )
    pattern = _SURELY_A_KEY if data else _LIKE_A_KEY

    def blot(text: str) -> str:
        for secret in known:
            text = text.replace(secret, BLOT)
        return pattern.sub(BLOT, text)

    return blot


def _redacted(value: Any, blot: Callable[[str], str], blot_shown: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return blot(value)
    if isinstance(value, Mapping):
        return {
            str(name): BLOT if _names_a_secret(str(name)) else _redacted(item, blot, blot_shown)
            for name, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_redacted(item, blot, blot_shown) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    try:
        return blot_shown(repr(value))
    except Exception:  # of the value's own method
        return f"<{type(value).__name__}>"


def _names_a_secret(name: str) -> bool:
    return bool(_SECRET_SETTING.search(name.replace("-", "_")))


def _environment() -> list[str]:
    """Values of environment variables that are named like secrets, unless they may be words."""
    values = [value.strip() for name, value in os.environ.items() if _SECRET_NAME.search(name)]
    return [
        value
        for value in values
        if len(value) >= _SHORTEST and (len(value) >= 16 or any(char.isdigit() for char in value))
    ]
