"""Arrays: samples from npz and Parquet files."""

from __future__ import annotations

import datetime
import decimal
import importlib
import zipfile
from pathlib import Path
from typing import Any

from langprop.data.columns import Signature, check_names
from langprop.data.rows import Rows
from langprop.errors import DataError, MissingDependency


class NpzFile(Rows):
    """Samples from an archive of numpy's: arrays are columns, and their first axis is the sample.

    Numbers and texts arrive as Python's own, what has more axes as arrays. It is kept in memory.

    Args:
        path: The file.
        signature: What the names of the arrays are matched with; None to give rows as they are.

    Raises:
        DataError: It is no such archive, holds pickled objects, or arrays of different lengths; its
            arrays don't fit; or there are no samples.
    """

    def __init__(self, path: Path, signature: Signature | None = None) -> None:
        import numpy as np

        super().__init__(path, signature)
        try:
            archive: Any = np.load(path, allow_pickle=False)  # pickles can run code
            if not hasattr(archive, "files"):
                raise DataError(f"{path} is no .npz: write it with numpy.savez.")
            with archive:
                self._arrays: dict[str, Any] = {name: archive[name] for name in archive.files}
        except DataError:
            raise
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            pickled = "allow_pickle" in str(error)
            why = "arrays of objects aren't read, since they can run code" if pickled else error
            raise DataError(f"{path} can't be read: {why}") from error
        if not self._arrays:
            raise DataError(f"{path} is empty.")
        for name, array in self._arrays.items():
            if not array.ndim:
                raise DataError(
                    f"{path}: {name!r} is a single value: its first axis must be samples."
                )
        lengths = {name: len(array) for name, array in self._arrays.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name!r} {length:,}" for name, length in lengths.items())
            raise DataError(f"{path}: arrays of different lengths: {listed}.")
        self._length = next(iter(lengths.values()))
        names = list(self._arrays)
        self._match = None if signature is None else signature.match(names, str(path))
        self.check_any()

    def __len__(self) -> int:
        return self._length

    def sample(self, index: int) -> Any:
        """A row as `(args, label)` or `(args, kwargs, label)`, or as values by array."""
        row = {name: _plain(array[index]) for name, array in self._arrays.items()}
        return row if self._match is None else self._match.sample(row)


class ParquetFile(Rows):
    """Samples from a Parquet file, kept in memory in Arrow's compact form.

    Dates and times arrive as text (ISO 8601), decimal numbers as floats.

    Args:
        path: The file.
        signature: What the columns are matched with; None to give the rows as they are.

    Raises:
        MissingDependency: pyarrow isn't installed.
        DataError: It is no Parquet file, its columns don't fit, or there are no samples.
    """

    def __init__(self, path: Path, signature: Signature | None = None) -> None:
        super().__init__(path, signature)
        try:
            parquet: Any = importlib.import_module("pyarrow.parquet")
        except ModuleNotFoundError as error:
            raise MissingDependency(f"reading {path}", "data") from error
        errors = (OSError, importlib.import_module("pyarrow").ArrowException)
        try:
            # The schema first: a table with two columns of one name can't be read by name.
            with parquet.ParquetFile(path) as file:
                names = list(file.schema_arrow.names)
                check_names(names, str(path))
                self._match = None if signature is None else signature.match(names, str(path))
                self._table: Any = file.read()
        except errors as error:
            raise DataError(f"{path} can't be read: {error}") from error
        self.check_any()

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def sample(self, index: int) -> Any:
        """A row as `(args, label)` or `(args, kwargs, label)`, or as values by column."""
        names = self._table.column_names
        row = {name: _plain(self._table.column(name)[index].as_py()) for name in names}
        return row if self._match is None else self._match.sample(row)


def _plain(value: Any) -> Any:
    """A value that can be sent to a script."""
    if hasattr(value, "ndim") and value.ndim == 0:
        value = value.item()
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value
