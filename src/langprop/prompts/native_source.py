"""Source of a template in the paper's syntax: its lines, with `$import` lines replaced."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from langprop.errors import TemplateError

IMPORT = "$import "
MAX_DEPTH = 50  # imports within imports
MAX_LINES = 20_000  # imports of imports multiply: far above what a model would read


@dataclass(frozen=True)
class Line:
    """A line of a template.

    Attributes:
        text: Its text, without the newline.
        file: The file where it stands, as errors call it.
        number: Its number in that file, from 1.
    """

    text: str
    file: str
    number: int

    @property
    def where(self) -> str:
        """Where it stands, for errors."""
        return f"{self.file}, line {self.number}"


def lines_of(source: str, name: str) -> list[Line]:
    """The lines of a text, which imports nothing."""
    return [Line(text, name, number) for number, text in enumerate(source.split("\n"), 1)]


def read_lines(path: str | Path) -> list[Line]:
    """Read a template file and what it imports.

    Each file is stripped of white space at both ends, and a line `$import PATH`, with a path
    relative to its own file, becomes the lines of that file and an empty one.

    Returns:
        Lines whose texts, joined by newlines, are the template; the last one is empty.

    Raises:
        TemplateError: A file is missing or can't be read, imports lead back to a file, or nest too
            deeply; names the file and line of the import.
    """
    path = Path(path)
    reader = _Reader(path.parent)
    reader.read(path, None)
    return [*reader.lines, Line("", reader.lines[-1].file, reader.lines[-1].number)]


class _Reader:
    """Follows imports. Files are named in errors as seen from `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lines: list[Line] = []
        self.open: list[tuple[str, str]] = []  # real path and name of each file being read

    def read(self, path: Path, importing: Line | None) -> None:
        name = self._name(path)
        if "\0" in name:
            raise TemplateError(f"{_at(importing)}{name!r} is no path: it holds a null character.")
        real = os.path.realpath(path)
        if any(real == other for other, _ in self.open):
            chain = " → ".join([*(name for _, name in self.open), name])
            raise TemplateError(f"{_at(importing)}the imports go round in a circle: {chain}.")
        if len(self.open) >= MAX_DEPTH:
            raise TemplateError(f"{_at(importing)}imports nest deeper than {MAX_DEPTH} files.")
        text = _read_text(path, name, importing)
        first = 1 + text[: len(text) - len(text.lstrip())].count("\n")
        self.open.append((real, name))
        for number, content in enumerate(text.strip().split("\n"), first):
            line = Line(content, name, number)
            if content.startswith(IMPORT):
                self.read(path.parent / content[len(IMPORT) :], line)
                content = ""  # noqa: PLW2901 - an import leaves an empty line behind what it brings
            self.lines.append(Line(content, name, number))
            if len(self.lines) > MAX_LINES:
                raise TemplateError(f"{line.where}: with its imports, the template is too long.")
        self.open.pop()

    def _name(self, path: Path) -> str:
        try:
            return os.path.relpath(path, self.root)
        except ValueError:  # on another drive
            return str(path)


def _read_text(path: Path, name: str, importing: Line | None) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors begin files with a mark
    except FileNotFoundError as error:
        if importing is None:
            raise TemplateError(f"there is no template {path}.") from error
        hint = _nearly(path)
        raise TemplateError(
            f"{_at(importing)}there is no file {name!r} to import{hint}."
        ) from error
    except (OSError, ValueError) as error:  # ValueError: no UTF-8
        reason = getattr(error, "strerror", None) or error
        raise TemplateError(f"{_at(importing)}{name!r} can't be read: {reason}.") from error


def _nearly(path: Path) -> str:
    """What else may have been meant."""
    stripped = path.name.strip()
    if stripped != path.name and stripped and path.with_name(stripped).is_file():
        return f", but there is {stripped!r}: write  {IMPORT}{stripped}  with single blanks"
    return ""


def _at(line: Line | None) -> str:
    return "" if line is None else f"{line.where}: "
