"""Secrets: keys are blotted out of everything that is shown or written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

BLOT = "[key]"

_KEY_LIKE = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|key|hf|ghp|glpat|AIza)[-_][\w*.\-]{6,}"  # as providers write them
    r"|\bAIza[\w\-]{20,}|\bAKIA[A-Z0-9]{12,}"
    r"|(?i:\bbearer)\s+[\w.\-~+/]{8,}=*"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user:password in an address
)
_SECRET_NAME = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL)S?$", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(
    r"(?<!cache_)key(?:_id)?$|(?:^|_)token$|secret|passw|credential|authorization|cookie|^auth$",
    re.IGNORECASE,
)
_SHORTEST = 8  # [characters] a shorter value may be a word of any text


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Blot out keys.

    Args:
        text: Any text.
        secrets: Those that are known. Values of environment variables that are named like secrets
            (`…_KEY`, `…_TOKEN`, `…_SECRET`, `…_PASSWORD`) are always looked for, and so is what
            looks like a key.
    """
    for secret in sorted({*secrets, *_environment()}, key=len, reverse=True):
        if len(secret) >= _SHORTEST or (len(secret) > 4 and secret in secrets):
            text = text.replace(secret, BLOT)
    return _KEY_LIKE.sub(BLOT, text)


def redacted(value: Any, secrets: Iterable[str] = ()) -> Any:
    """Plain data without keys: in its texts, and where the name of a setting says that it is one.

    Args:
        value: Plain data; what is something else is shown, as text.
        secrets: As for `redact`.
    """
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, Mapping):
        return {
            str(name): BLOT if _is_secret(str(name)) else redacted(item, secrets)
            for name, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redacted(item, secrets) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    try:
        return redact(repr(value), secrets)
    except Exception:  # of the value's own method
        return f"<{type(value).__name__}>"


def _is_secret(name: str) -> bool:
    lower = name.lower().replace("-", "_")
    return lower in {"authorization", "password", "secret", "cookie"} or lower.endswith(
        ("api_key", "apikey", "_token", "_secret", "_password")
    )


def _environment() -> list[str]:
    return [
        value.strip()
        for name, value in os.environ.items()
        if _SECRET_NAME.search(name) and len(value.strip()) >= _SHORTEST
    ]


def presentable(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a request as they may be shown and written: secrets are blotted out.

    What is named like a secret is one, such as `api_key`, `aws_session_token`, or the header
    `Authorization`; so is what looks like a key.
    """
    return {
        name: BLOT if _SECRET_PARAMETER.search(str(name).replace("-", "_")) else _present(value)
        for name, value in parameters.items()
    }


def _present(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return presentable(value)
    if isinstance(value, (list, tuple)):
        return [_present(item) for item in value]
    return value
