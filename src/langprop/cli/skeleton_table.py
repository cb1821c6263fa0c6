"""Table: a project that is made of a data file."""

from __future__ import annotations

import difflib
import math
import statistics
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from langprop.cli.column_types import ColumnType
from langprop.cli.skeleton import Skeleton, example, function_name, identifier, literal, quoted
from langprop.data.columns import LABELS
from langprop.data.files import read_data
from langprop.data.split import Part, split
from langprop.errors import DataError

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}
"""How the rows are split."""

MOST = 40
"""Columns that become a parameter each; where there are more, a row is one parameter."""

_ARGUMENTS = ("args", "kwargs")
"""What samples have in place of columns: no names for parameters."""

_COPIED = 100 * 1024 * 1024  # [bytes]; a larger file stays where it is
_SCORED = 10_000  # rows that the scale of an error is found by


def of_table(
    path: Path,
    *,
    name: str | None = None,
    label_column: str | None = None,
    ignore: Collection[str] = (),
) -> Skeleton:
    """A project that predicts one column of a file from the others.

    Args:
        path: The file: .csv, .tsv, .jsonl, .json, .parquet or .npz.
        name: Of the function; by default "predict_LABEL".
        label_column: The label; by default "label", "output", "target" or "y", else the last one.
        ignore: Columns that are left out.

    Raises:
        DataError: The file can't be read, or holds no such columns, or no label.
        ConfigError: The name is none of a function.
        MissingDependency: A Parquet file needs the extra "data".
    """
    rows = read_data(path)
    types: dict[str, ColumnType] = {}
    for sample in rows:
        for column, value in _as_row(sample, path).items():
            if column not in types:
                types[column] = ColumnType()
            types[column].see(value)
    for found in types.values():
        found.optional = found.optional or found.rows < len(rows)
    label = _label(list(types), label_column, path)
    _check_known(ignore, list(types), path)
    with_label = types.pop(label)
    answers = _answers(rows, label, with_label)
    types = {column: found for column, found in types.items() if column not in ignore}
    if not types:
        raise DataError(f"{path}: beside the label {label!r} there is no column to tell it by.")
    labelled = answers.count
    if not labelled:
        raise DataError(f"{path}: the label {label!r} is empty in all rows: give --label_column.")
    used = list(types)
    function = function_name(name, identifier(f"predict_{label}", otherwise="predict"))
    names = _parameters(used, function)
    shares = SHARES if labelled >= len(SHARES) else {"train": 1.0}
    copied = path.stat().st_size <= _COPIED
    skeleton = Skeleton("table", function, f"`{quoted(label)}` of a row of {quoted(path.name)}")
    annotations = [each.annotation for each in (*types.values(), answers) if each.annotation]
    skeleton.variables = {
        "file": path.name,
        "data": f"HERE / {literal(path.name)}"
        if copied
        else f"Path({literal(str(path.resolve()))})",
        "label": label,
        "columns": used,
        "one_row": len(used) > MOST,
        "arguments": _signature(names, types) if len(used) <= MOST else "row: dict",
        "parameters": _described(names, types) if len(used) <= MOST else _described_row(types),
        "returns": answers.as_label(),
        "answer": answers.describe(),
        "numbers": answers.is_number,
        "whole": answers.annotation == "int",
        "scale": _scale(rows, label, shares) if answers.is_number else 1.0,
        "by_get": any(found.rows < len(rows) for found in types.values()),
        "some_unlabelled": labelled < len(rows),
        "shares": shares,
        "counts": {part: len(each) for part, each in split(range(labelled), shares).items()},
        "numpy": "np.ndarray" in annotations,
        "literal_type": answers.as_label().startswith("Literal["),
    }
    if copied:
        skeleton.copies[path.name] = path
    skeleton.notes = _notes(skeleton, label, label_column, types, len(rows))
    if len(used) <= MOST:
        skeleton.notes += [
            f"column {column!r} is the parameter {name}: what is named {column} is taken for the "
            "arguments of a sample"
            for column, name in names.items()
            if column in _ARGUMENTS
        ]
    if labelled < len(rows):
        skeleton.notes.append(
            f"{len(rows) - labelled:,} of {len(rows):,} rows have no label (empty, NaN or "
            "infinite): they are left out, see has_label in module.py"
        )
    return skeleton


def is_label(value: Any) -> bool:
    """Whether a row has a label: it is neither missing, nor NaN, nor infinite."""
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def _answers(rows: Sequence[Any], label: str, seen: ColumnType) -> ColumnType:
    """What the labels are, where they are known; what is no label says nothing of an answer."""
    if not (seen.optional or seen.nans or seen.infinite):
        return seen
    found = ColumnType()
    for row in rows:
        value = row.get(label)
        if is_label(value):
            found.see(value)
    return found


def _spread(count: int, most: int) -> Sequence[int]:
    """Places of so many rows at the most, evenly spread."""
    return range(count) if count <= most else [place * count // most for place in range(most)]


def _as_row(sample: Any, path: Path) -> dict[str, Any]:
    """A sample as values by column.

    Raises:
        DataError: It is of another shape.
    """
    if isinstance(sample, Mapping) and not _is_sample(sample):
        return {str(column): value for column, value in sample.items()}
    raise DataError(
        f'{path}: for a project, rows must be objects with names, such as {{"x": 1, "label": 2}}, '
        f"but one is {example(sample)}. Samples such as [[1], 2] need a stub: "
        "langprop init FOLDER --from STUB.py:function"
    )


def _is_sample(row: Mapping[str, Any]) -> bool:
    """Whether a row is a sample already, rather than a table's with columns of these names."""
    named = [name for name in _ARGUMENTS if name in row]
    kinds = {"args": (list, tuple), "kwargs": (Mapping,)}
    return bool(named) and all(isinstance(row[name], kinds[name]) for name in named)


def _label(columns: Sequence[str], given: str | None, path: Path) -> str:
    if given is None:
        return next((name for name in LABELS if name in columns), columns[-1] if columns else "")
    _check_known([given], columns, path)
    return given


def _check_known(names: Collection[str], columns: Sequence[str], path: Path) -> None:
    for name in names:
        if name not in columns:
            lower = {column.lower(): column for column in columns}
            near = difflib.get_close_matches(name.lower(), lower, n=1)
            hint = f" Did you mean {lower[near[0]]!r}?" if near else ""
            shown = ", ".join(map(repr, columns[:20]))
            more = f" and {len(columns) - 20} more" if len(columns) > 20 else ""
            raise DataError(f"{path} has no column {name!r}.{hint} Columns: {shown}{more}.")


def _parameters(columns: Sequence[str], function: str) -> dict[str, str]:
    """Name of the parameter for each column."""
    names: dict[str, str] = {}
    for column in columns:
        taken = [function, *_ARGUMENTS, *names.values()]
        own = f"{column}_"  # args_, kwargs_
        if column in _ARGUMENTS and own not in taken:
            names[column] = own
        else:
            names[column] = identifier(column, taken)
    return names


def _signature(names: Mapping[str, str], types: Mapping[str, ColumnType]) -> str:
    parts = []
    for column, name in names.items():
        annotation = types[column].as_parameter()
        parts.append(f"{name}: {annotation}" if annotation else name)
    line = ", ".join(parts)
    # A line each where one is too long for all.
    return line if len(line) <= 60 else "\n    " + ",\n    ".join(parts) + ",\n"


def _described(names: Mapping[str, str], types: Mapping[str, ColumnType]) -> list[str]:
    lines = []
    for column, name in names.items():
        renamed = f"Column {example(column)}. " if column != name else ""
        lines.append(f"{name}: {renamed}{types[column].describe()}")
    return lines


def _described_row(types: Mapping[str, ColumnType]) -> list[str]:
    shown = list(types.items())[:MOST]
    lines = [f"row: Values by column, of {len(types)} columns:"]
    lines += [f"    {example(column)}: {found.describe()}" for column, found in shown]
    if len(types) > MOST:
        lines.append(f"    and {len(types) - MOST} more.")
    return lines


def _scale(rows: Sequence[Any], label: str, shares: Mapping[str, float]) -> float:
    """Standard deviation of the label in the training rows, with three digits; 1 if it is 0."""
    train: Sequence[Any] = split(rows, shares)["train"] if len(rows) >= len(shares) else rows
    train = Part(train, _spread(len(train), _SCORED))
    values = [float(row[label]) for row in train if is_label(row.get(label))]
    finite = [value for value in values if math.isfinite(value)]
    scale = statistics.pstdev(finite) if finite else 0.0
    return float(f"{scale:.3g}") if scale > 0 and math.isfinite(scale) else 1.0


def _notes(
    skeleton: Skeleton,
    label: str,
    given: str | None,
    types: Mapping[str, ColumnType],
    rows: int,
) -> list[str]:
    notes = []
    if given is None:
        notes.append(f"label: {label!r} (another one with --label_column)")
    odd = [
        column
        for column, found in types.items()
        if found.annotation == "int" and found.count >= 20 and found.high - found.low + 1 == rows
    ]
    if odd:
        notes.append(
            f"{', '.join(map(repr, odd[:5]))} may be the number of a row, from which nothing can "
            f"be learned: leave it out with --ignore {','.join(odd[:5])}"
        )
    if not skeleton.copies:
        notes.append(f"{skeleton.variables['file']} is large: it is read where it is")
    return notes
