"""Endpoint: the address of a server, and the key for it."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from langprop.errors import ConfigError, LLMAuthError

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def check_address(address: str) -> SplitResult:
    """Read the address of a server.

    Raises:
        ConfigError: It is none.
    """
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # of the port
        known = None
    if not known:
        raise ConfigError(
            f"an address must look like 'http://localhost:8000/v1', but got {address!r}."
        )
    return parts


def check_key(key: str | None, key_name: str) -> str | None:
    """Clean a key; None if there is none.

    Raises:
        LLMAuthError: It holds characters that can't be sent.
    """
    key = (key or "").strip()  # a key read from a file ends with a newline
    if not key:
        return None
    if not key.isascii() or any(char.isspace() or not char.isprintable() for char in key):
        raise LLMAuthError(
            f"the key holds characters that no key has: check {key_name} or api_key=…."
        )
    return key
