"""Printed: stands for the standard streams while a script runs."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class _Bytes(io.RawIOBase):
    """The `buffer` of the stream, for scripts that write bytes."""

    def __init__(self, text: Printed) -> None:
        self._text = text

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        keep = bytes(memoryview(data)[: 4 * self._text.limit])
        self._text.write(keep.decode("utf-8", "replace"))
        self._text.length += len(data) - len(keep)
        return len(data)

    def close(self) -> None:
        """A script can't close it."""


class Printed(io.TextIOBase):
    """Keeps the first characters of what is printed, and counts the rest.

    Args:
        limit: Characters kept between two calls of `take`.
    """

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.length = 0
        self._parts: list[str] = []
        self.buffer = _Bytes(self)

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Keep text, or count it."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self.length < self.limit:
            self._parts.append(text[: self.limit - self.length])
        self.length += len(text)
        return len(text)

    def close(self) -> None:
        """A script can't close it."""

    @property
    def place(self) -> int:
        """Where in the text kept so far the next print goes; for `between`."""
        return len(self._parts)

    def between(self, start: int, stop: int) -> str:
        """The text kept between two places, since the last time of `take`."""
        return "".join(self._parts[start:stop])

    def take(self) -> bytes:
        """What was printed since the last time, as UTF-8."""
        if not self.length:
            return b""
        text = "".join(self._parts)
        if self.length > self.limit:
            text += f"… [{self.length - self.limit:,} more characters]"
        self._parts, self.length = [], 0
        return text.encode("utf-8", "replace")

    def install(self) -> None:
        """Become the standard streams; before each call, as the last one may have changed them."""
        sys.stdout = sys.stderr = self

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Be the standard streams for a while, with nothing to be read."""
        previous = sys.stdin, sys.stdout, sys.stderr
        sys.stdin = NoInput()
        self.install()
        try:
            yield
        finally:
            sys.stdin, sys.stdout, sys.stderr = previous


class NoInput(io.TextIOBase):
    """Standard input at its end: `input()` raises `EOFError`."""

    encoding = "utf-8"

    def readable(self) -> bool:
        """Yes, though there is nothing."""
        return True

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        """The end."""
        del size
        return ""

    def read(self, size: int | None = -1, /) -> str:
        """The end."""
        del size
        return ""

    def close(self) -> None:
        """A script can't close it."""
