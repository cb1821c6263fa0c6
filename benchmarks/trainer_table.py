"""Lines of a table of figures."""

from __future__ import annotations

MEGABYTE = 1e6  # [bytes]


def row(what: str, value: str, goal: str = "", *, met: bool | None = None) -> bool:
    """Print a line of the table."""
    mark = "" if met is None else "ok" if met else "MISSED"
    print(f"{what:64} {value:>12}  {goal:12} {mark}".rstrip(), flush=True)
    return met is not False


def megabytes(*sizes: int) -> str:
    """Sizes [bytes], as they are printed."""
    return " → ".join(f"{size / MEGABYTE:.1f}" for size in sizes) + " MB"
