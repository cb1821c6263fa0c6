"""Tables: the failures of a step, and rows as other programs take them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langprop.loggers.figures import cut
from langprop.population.policy import Policy

MAX_ROWS = 50
MAX_CELL = 1000  # [characters]


def failures(policies: Iterable[Policy], limit: int = MAX_ROWS) -> list[dict[str, Any]]:
    """What went wrong in a step, from the records that the trackers hold until it ends.

    Failures with the same status and the same last line of the message are one.

    Args:
        policies: Those that were judged.
        limit: Rows at the most.

    Returns:
        Rows "status", "exception" (the last line), "count" of records, "policies" that failed in
        this way, "policy" (the id of one of them) and "sample" (its index in the batch); most
        frequent first.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    seen: dict[tuple[str, str], set[str]] = {}
    for policy in policies:
        for record in policy.records:
            if record.status == "ok":
                continue
            kind = (str(record.status), _last_line(record.exception))
            row = rows.setdefault(
                kind,
                {
                    "status": kind[0],
                    "exception": kind[1],
                    "count": 0,
                    "policies": 0,
                    "policy": policy.id,
                    "sample": record.sample,
                },
            )
            row["count"] += 1
            seen.setdefault(kind, set()).add(policy.id)
    for kind, row in rows.items():
        row["policies"] = len(seen[kind])
    return sorted(rows.values(), key=lambda row: -row["count"])[:limit]


def columns_of(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    """Rows as columns and cells; a column holds numbers, truth values or texts, beside None.

    Cells are cut, and rows beyond a thousand are left out.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    data = [[_cell(row.get(name)) for name in names] for row in rows[:1000]]
    for index in range(len(names)):
        column = [row[index] for row in data if row[index] is not None]
        alike = (
            all(isinstance(cell, bool) for cell in column)
            or all(isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in column)
            or all(isinstance(cell, str) for cell in column)
        )
        if not alike:
            for row in data:
                row[index] = None if row[index] is None else str(row[index])
    return [cut(str(name)) for name in names], data


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table in Markdown. A cell can't break out of it, nor be formatted."""
    names, data = columns_of(rows)
    if not names:
        return "*empty*"
    lines = [names, ["---"] * len(names), *data]
    return "\n".join(
        "| " + " | ".join("---" if cell == "---" else _escaped(cell) for cell in line) + " |"
        for line in lines
    )


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table as JSON: {"columns": [...], "data": [[...], ...]}."""
    names, data = columns_of(rows)
    return json.dumps({"columns": names, "data": data}, ensure_ascii=False)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text[-10_000:].splitlines() if line.strip()]
    return cut(lines[-1], 300) if lines else ""


def _cell(value: Any) -> Any:
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int) and abs(value) < 1 << 53:  # others lose digits in a browser
        return value
    return cut(str(value), MAX_CELL)


def _escaped(cell: Any) -> str:
    text = "" if cell is None else str(cell)
    for sign, entity in [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "&#124;")]:
        text = text.replace(sign, entity)
    for sign in "\\`*_[]!~":
        text = text.replace(sign, f"&#{ord(sign)};")
    return " ".join(text.split())
