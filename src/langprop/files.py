"""Files that come into being in one piece: whoever reads one sees the old content or the new."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langprop.errors import ConfigError

_LONGEST = 60  # characters kept of a name: file systems take 255 bytes, and one may have four


@contextlib.contextmanager
def in_one_piece(path: Path) -> Iterator[Path]:
    """Where to write what shall replace a file when the block ends well; else it is removed.

    Args:
        path: The file. Its folder must be there.

    Yields:
        A path beside it, with the same suffix.

    Raises:
        OSError: It can't be put in its place.
    """
    draft = path.with_name(f".{os.getpid()}.{path.name[-_LONGEST:]}")
    try:
        yield draft
        draft.replace(path)
    finally:  # after a success it is only there if both were links to the same file already
        with contextlib.suppress(OSError):
            draft.unlink()


def write_text(path: Path, text: str) -> None:
    """Write a file in one piece, as the text is: no line break is changed.

    Raises:
        OSError: It can't be written; what was there before is intact.
    """
    with (
        in_one_piece(path) as draft,
        draft.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file,
    ):
        file.write(text)


def as_path(name: str, value: Any, example: str) -> Path:
    """A path that was given as an argument.

    Args:
        name: Of the argument, for the message.
        value: What was given: a text or a path.
        example: A path to write instead, for the message.

    Raises:
        ConfigError: It is neither.
    """
    try:
        return Path(value)
    except TypeError:
        raise ConfigError(
            f"{name} must be a path such as {example!r}, but got {value!r}."
        ) from None
