"""Delimited: samples from CSV and TSV files."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langprop.data.cells import Column, Kind, kind_of, value_of
from langprop.data.columns import Columns, Signature, check_names
from langprop.data.raw import RawFile
from langprop.data.rows import Rows
from langprop.errors import DataError

DELIMITERS = (",", ";", "\t", "|")


class DelimitedFile(Rows):
    """Samples from a CSV or TSV file, whose first line names the columns.

    A column is of one kind: the narrowest that all its cells are of, of truth values (true, false),
    integers, numbers, JSON lists and dicts, and text; or what the parameter's annotation says. An
    empty cell is None (and where the annotation is plain `str`, the empty text).

    The delimiter is the one of comma, semicolon, tab and bar that makes most columns of the first
    line. Cells may be quoted with ", and then hold line ends. Empty lines are passed over.

    Args:
        path: The file.
        signature: What the columns are matched with; None to give the rows as they are.
        delimiter: Between cells; None to find out.

    Raises:
        DataError: The file isn't in UTF-8, not such a table, or holds no samples; or its columns
            don't fit.
    """

    def __init__(
        self, path: Path, signature: Signature | None = None, *, delimiter: str | None = None
    ) -> None:
        super().__init__(path, signature)
        self._raw = RawFile(path)
        self._delimiter = delimiter or ","
        self.columns: list[str] = []
        self._match: Columns | None = None
        # The module csv takes cells of up to 128 KiB, unless told otherwise for the whole process.
        csv.field_size_limit(max(csv.field_size_limit(), (1 << 31) - 1))
        self._scan(delimiter)
        self.check_any()

    def __len__(self) -> int:
        return len(self._raw)

    def sample(self, index: int) -> Any:
        """A row as `(args, label)` or `(args, kwargs, label)`, or as values by column."""
        cells = next(self._reader(iter([self._raw.read(index)])))
        columns = zip(self.columns, cells, self._kinds, self._empty, strict=True)
        row = {name: value_of(text, kind) if text else no for name, text, kind, no in columns}
        return row if self._match is None else self._match.sample(row)

    def _reader(self, lines: Iterator[str]) -> Any:
        return csv.reader(lines, delimiter=self._delimiter, strict=True)

    def _scan(self, delimiter: str | None) -> None:
        """Go through the file once: find rows, kinds and faults."""
        columns: list[Column] = []
        for line, start, length, cells in self._rows(delimiter):
            if not self.columns:
                self._head(cells, line)
                columns = [Column(kind) for kind in self._wanted()]
                continue
            if len(cells) != len(self.columns):
                raise DataError(
                    f"{self.path}, line {line}: {len(cells)} cells, but {len(self.columns)} "
                    f"columns ({', '.join(self.columns[:10])}): quote cells that hold "
                    f"{self._delimiter!r}."
                )
            for name, column, text in zip(self.columns, columns, cells, strict=True):
                if not column.see(text):
                    raise DataError(
                        f"{self.path}, line {line}: {text[:80]!r} in column {name!r} isn't of type "
                        f"{_TYPES[column.kind]}, which the stub asks for: correct it, leave the "
                        "cell empty for None, or change the annotation."
                    )
            self._raw.add(start, length, line)
        if not self.columns:
            raise DataError(f"{self.path} is empty.")
        self._kinds = [column.kind for column in columns]

    def _rows(self, delimiter: str | None) -> Iterator[tuple[int, int, int, list[str]]]:
        """Rows with the number of their first line, their place and their length."""
        state = {"line": 0, "first": 0, "place": 0, "end": 0}

        def feed() -> Iterator[str]:
            for number, place, raw in self._raw.lines():
                text = self._raw.decode(raw, number)
                if not state["line"]:
                    self._delimiter = delimiter or _delimiter(text, self.path)
                    state["end"] = place
                state["line"], state["place"] = number, place + len(raw)
                yield text

        lines = feed()
        first = next(lines, None)  # before the reader is made: it decides on the delimiter
        if first is None:
            return
        reader = self._reader(_chain(first, lines))
        while True:
            begun = state["first"] + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise DataError(_fault(self.path, begun, state["line"], error)) from error
            start, end = state["end"], state["place"]
            state["end"], state["first"] = end, state["line"]
            if cells:  # an empty line is no row
                yield begun, start, end - start, cells

    def _head(self, cells: list[str], line: int) -> None:
        where = f"{self.path}, line {line}"
        names = [cell.strip() for cell in cells]
        check_names(names, where)
        if self.signature is not None:
            self._match = self.signature.match(names, where)
        self.columns = names

    def _wanted(self) -> list[Kind | None]:
        """Kinds that the annotations ask for; the label's is that of what the function returns."""
        self._empty: list[str | None] = [None] * len(self.columns)
        if self.signature is None or self._match is None:
            return [None] * len(self.columns)
        function = self.signature.function
        spec = function.args
        every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
        asked = {each.arg: kind_of(each.annotation) for each in every}
        wanted: list[Kind | None] = []
        for index, name in enumerate(self.columns):
            is_label = name == self._match.label
            kind, optional = (
                kind_of(function.returns) if is_label else asked.get(name, (None, True))
            )
            used = name in (*self._match.args, *self._match.kwargs) or is_label
            if kind == "text" and not optional and used:
                self._empty[index] = ""
            # A label needn't be what the function returns, so that only text is insisted on.
            wanted.append(kind if used and (kind == "text" or not is_label) else None)
        return wanted


_TYPES: dict[Kind, str] = {
    "bool": "bool",
    "int": "int",
    "float": "float",
    "json": "list or dict (as JSON)",
    "text": "str",
}


def _delimiter(head: str, path: Path) -> str:
    if path.suffix in (".tsv", ".tab"):
        return "\t"

    def count(delimiter: str) -> int:
        with contextlib.suppress(csv.Error, StopIteration):
            return len(next(csv.reader([head], delimiter=delimiter, strict=True)))
        return 0

    return max(DELIMITERS, key=count)  # the first one of those that tie


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _fault(path: Path, begun: int, line: int, error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return f"{path}, line {begun}: a cell opens with a quote that is never closed."
    if "new-line character" in str(error):
        return (
            f"{path}, line {line}: a carriage return within a line: end lines with newlines, and "
            "quote cells that hold others."
        )
    if "expected after" in str(error):
        return (
            f"{path}, line {line}: text after a closing quote: write a quote within a quoted cell "
            'twice ("").'
        )
    return f"{path}, line {line}: {error}"
