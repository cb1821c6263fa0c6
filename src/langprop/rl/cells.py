"""Cells: values in few characters, and tables of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_CELL = 24  # characters at the most


def cell(value: Any) -> str:
    """A value in few characters."""
    if type(value) is float:  # most are
        return f"{value:.4g}"
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, float, np.number)):
        return number(value)
    if isinstance(value, np.ndarray):
        if value.size <= 4:
            return cell(value.tolist())
        mean = f", mean {value.mean():.4g}" if value.dtype.kind in "biuf" else ""
        return f"array {value.shape}{mean}"
    if isinstance(value, (list, tuple)) and len(value) <= 4:
        text = f"[{', '.join(map(cell, value))}]"
    else:
        try:
            text = repr(value)
        except Exception:  # the user's own type
            text = f"<{type(value).__name__}>"
    return cut(text, _CELL)


def number(value: Any) -> str:
    """A number in few digits."""
    if isinstance(value, (int, np.integer)):
        text = str(int(value))
        return text if len(text) <= 12 else f"{float(value):.4g}" if len(text) < 300 else "huge"
    return f"{float(value):.4g}"


def cut(text: str, width: int) -> str:
    """A text in one line of some width [characters]."""
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table: the first column at the left, the others at the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            text.ljust(width) if place == 0 else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
