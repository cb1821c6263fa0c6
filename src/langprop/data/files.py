"""Files: samples from files, and from what an import string names."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from langprop.data.arrays import NpzFile, ParquetFile
from langprop.data.columns import Signature
from langprop.data.delimited import DelimitedFile
from langprop.data.jsonrows import JSONFile, JSONLinesFile
from langprop.data.objects import load_object
from langprop.data.rows import Rows
from langprop.errors import DataError

_READERS: dict[str, Callable[[Path, Signature | None], Rows]] = {
    ".csv": DelimitedFile,
    ".json": JSONFile,
    ".jsonl": JSONLinesFile,
    ".ndjson": JSONLinesFile,
    ".npz": NpzFile,
    ".parquet": ParquetFile,
    ".pq": ParquetFile,
    ".tab": DelimitedFile,
    ".tsv": DelimitedFile,
}

SUFFIXES = tuple(sorted(_READERS))
"""Of the files that are read."""


def is_file_spec(spec: str) -> bool:
    """Whether a text names a data file rather than an object to import."""
    return Path(spec).suffix.lower() in _READERS or ":" not in spec


def read_data(
    spec: str | Path,
    base: str | Path | None = None,
    *,
    function: ast.FunctionDef | None = None,
    label_column: str | None = None,
    labelled: bool = True,
    ignore: Collection[str] = (),
) -> Any:
    """Read samples from a file, or import them.

    Args:
        spec: A file (.csv, .tsv, .jsonl, .json, .parquet, .npz); or "FILE.py:NAME" or
            "package.module:NAME" of a dataset, or of a function without arguments that returns one.
        base: Folder that files are relative to; by default the current one.
        function: The function that is trained, as `scripts.parsing.find_function` gives it: its
            parameters are what columns are matched with, and samples are `(args, label)` or
            `(args, kwargs, label)`. Without it, samples are the rows as they are, for a module with
            a `preprocess` of its own. What is imported is never changed.
        label_column: Column of the label; by default "label", "output", "target" or "y".
        labelled: Whether there must be a label; without one, it is None.
        ignore: Columns that are left out, such as ids.

    Returns:
        A sequence, or what the import string names.

    Raises:
        DataError: The file can't be read, holds no samples, or its columns don't fit; or a function
            that was imported failed. Names file and line.
        ConfigError: There is nothing by that import string.
        MissingDependency: A Parquet file needs the extra "data".
    """
    text, folder = str(spec), Path(base) if base is not None else Path()
    if not is_file_spec(text):
        return _imported(text, folder)
    path = folder / Path(text).expanduser()
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(_no_reader(text, path))
    if not path.is_file():
        raise DataError(_no_file(path))
    signature = None
    if function is not None:
        names = [ignore] if isinstance(ignore, str) else list(ignore)
        signature = Signature(function, label_column, labelled, tuple(names))
    return reader(path, signature)


def _imported(spec: str, base: Path) -> Any:
    found = load_object(spec, base)
    if hasattr(found, "__iter__") and not isinstance(found, type):
        return found
    if hasattr(found, "__getitem__") and not isinstance(found, type):
        return found
    if not callable(found):
        return found  # who uses it says what is wrong with it
    try:
        return found()
    except Exception as error:
        raise DataError(f"{spec}() failed: {type(error).__name__}: {error}") from error


def _no_reader(spec: str, path: Path) -> str:
    known = ", ".join(SUFFIXES)
    if path.suffix.lower() in (".gz", ".bz2", ".xz", ".zip", ".zst"):
        return f"{spec} is compressed: unpack it first. Files that are read: {known}."
    if path.suffix.lower() in (".xls", ".xlsx", ".ods"):
        return f"{spec} is a spreadsheet: save it as CSV (UTF-8)."
    if path.suffix == ".py":
        return f"name the dataset in {spec}: write {spec}:NAME."
    return f"{spec!r} is neither a data file ({known}) nor FILE.py:NAME or package.module:NAME."


def _no_file(path: Path) -> str:
    if path.exists():
        return f"{path} is no regular file."
    try:
        names = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    except OSError:
        names = []
    near = difflib.get_close_matches(path.name, names, n=1)
    hint = f" Did you mean {path.parent / near[0]}?" if near else ""
    return f"there is no file {path}.{hint}"
