"""RawFile: a file of rows that are read when they are needed."""

from __future__ import annotations

import contextlib
import hashlib
import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langprop.errors import DataError

_MARKS = {
    b"\xef\xbb\xbf": "",  # UTF-8 with a mark
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


class RawFile:
    """A file whose rows are read when they are needed: only their places are kept in memory.

    It may be read by several threads, and after a fork.

    Args:
        path: The file.

    Raises:
        DataError: It can't be read, or isn't in UTF-8.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: _Open | None = None
        self._starts = array("Q")  # [bytes]
        self._lengths = array("Q")
        self._lines = array("Q")  # number of the first line of each row
        self._start = 0
        self._stamp = (0, 0)

    def lines(self) -> Iterator[tuple[int, int, bytes]]:
        """Go through the file.

        Yields:
            Number of the line from 1, its place [bytes], and the line with its end.

        Raises:
            DataError: It can't be read.
        """
        try:
            with self.path.open("rb") as file:
                self._stamp = _stamp(file.fileno())
                head = file.read(3)
                for mark, name in _MARKS.items():
                    if head.startswith(mark):
                        if name:
                            raise DataError(
                                f"{self.path} is in {name}, but must be in UTF-8: convert it with  "
                                f"iconv -f {name} -t utf-8"
                            )
                        self._start = len(mark)
                file.seek(self._start)
                place = self._start
                for number, line in enumerate(file, 1):
                    yield number, place, line
                    place += len(line)
        except OSError as error:
            raise DataError(f"{self.path} can't be read: {error.strerror or error}") from error

    def decode(self, raw: bytes, line: int) -> str:
        """Text of a line.

        Raises:
            DataError: It isn't UTF-8, or holds null characters.
        """
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.path}, line {line}: byte {error.start + 1} (0x{raw[error.start]:02x}) is "
                "not UTF-8: convert the file, say from Western European, with  "
                "iconv -f cp1252 -t utf-8"
            ) from error
        if "\0" in text:
            raise DataError(f"{self.path}, line {line}: a null character; is this a text file?")
        return text

    def add(self, start: int, length: int, line: int) -> None:
        """Keep the place of a row."""
        self._starts.append(start)
        self._lengths.append(length)
        self._lines.append(line)

    def __len__(self) -> int:
        return len(self._starts)

    def line(self, index: int) -> int:
        """Number of a row's first line."""
        return self._lines[index]

    def read(self, index: int) -> str:
        """Text of a row.

        Raises:
            DataError: The file has changed since it was opened, or can't be read.
        """
        try:
            file = self._file
            if file is None:
                file = self._file = _Open(self.path)
            raw = os.pread(file.number, self._lengths[index], self._starts[index])
            changed = _stamp(file.number) != self._stamp
        except OSError as error:
            raise DataError(f"{self.path} can't be read: {error.strerror or error}") from error
        if changed or len(raw) != self._lengths[index]:
            raise DataError(f"{self.path} has changed since it was opened: start again.")
        return raw.decode("utf-8")

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_file": None}


class _Open:
    """An open file, which is closed when nobody reads from it any more."""

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):  # it was never open
            os.close(self.number)


def digest(path: Path) -> str:
    """What a file holds, in 64 letters: the SHA-256 of its bytes.

    Raises:
        DataError: It can't be read.
    """
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                found.update(block)
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror or error}") from error
    return found.hexdigest()


def _stamp(number: int) -> tuple[int, int]:
    state = os.fstat(number)
    return state.st_size, state.st_mtime_ns
