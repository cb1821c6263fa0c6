"""The table of a comparison, in plain text, and what has to be said beneath it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langprop.llms.budget import Budget
from langprop.trainer.trial import SPLITS

if TYPE_CHECKING:
    from langprop.trainer.comparison import Comparison, Row

_MOST_NAMED = 8  # runs that are named one by one in a note
_LONGEST = 300  # [characters] of an error in a note


def table(comparison: Comparison) -> str:
    """The table, the differences in words, and notes."""
    rows = comparison.rows
    lines = [_heading(comparison), "", *_aligned(_cells(comparison, rows))]
    differences = [str(difference) for difference in comparison.differences]
    if differences and any(row.finished for row in rows):
        lines += ["", *differences]
    lines += ["", *(f"- {note}" for note in _notes(comparison, rows))]
    return "\n".join(lines).rstrip()


def _heading(comparison: Comparison) -> str:
    seeds = len(comparison.seeds)
    budget = "no budget" if comparison.budget == Budget() else f"budget {comparison.budget}"
    target = "" if comparison.target is None else f", target {comparison.target:g}"
    return f"{comparison.name}: {seeds} seed{'s' * (seeds != 1)}; each run: {budget}{target}"


def _cells(comparison: Comparison, rows: list[Row]) -> list[list[str]]:
    asked = any(row.calls for row in rows)
    head = ["optimizer", "runs", SPLITS[comparison.split]]
    if comparison.target is not None:
        head += ["solved", "to target"]
    head += ["evaluations"]
    if asked:
        head += ["calls", "tokens", "US dollars"]
    cells = [[*head, "seconds", "ended by"]]
    for row in rows:
        line = [row.optimizer, f"{row.finished}/{len(comparison.seeds)}"]
        if not row.finished:
            blank = len(cells[0]) - len(line) - 1
            cells.append([*line, *["-"] * blank, "failed" if row.failed else "-"])
            continue
        line.append(str(row.score))
        if comparison.target is not None:
            effort = "-" if row.to_target is None else f"{row.to_target:,.0f} ({row.reached})"
            line += [f"{row.solved}/{row.finished}", effort]
        line.append(f"{row.evaluations:,.0f}")
        if asked:
            counted = row.tokens or not row.calls  # a call reads some
            line += [f"{row.calls:,.4g}", f"{row.tokens:,.0f}" if counted else "unknown"]
            line.append("unknown" if row.usd is None else f"{row.usd:.4g}")
        ended = ", ".join(f"{name} {count}" for name, count in row.ended.items())
        cells.append([*line, f"{row.seconds:,.1f}", ended])
    return cells


def _aligned(cells: list[list[str]]) -> list[str]:
    """Columns of a width; the first and the last flush left, numbers flush right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    last = len(widths) - 1
    lines = [
        "  ".join(
            cell.ljust(width) if place in (0, last) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def _notes(comparison: Comparison, rows: list[Row]) -> list[str]:
    notes = []
    if comparison.interrupted:
        notes.append("interrupted: what follows may change with the runs that are missing")
    most = max((row.finished for row in rows), default=0)
    if most > 1:
        notes.append(
            "mean [95 % interval over seeds, Student's t]; other columns are means of runs"
        )
    elif most == 1:
        notes.append("one seed gives no interval: take more, --seeds 5 say")
    if comparison.split == "val":
        notes.append("scores are those that the best policies were chosen by: give test data")
    if comparison.split == "train":
        notes.append("scores are those of the training itself: give test data")
    for row in rows:
        if row.reached:
            notes.append(
                f"{row.optimizer} reached the target in {row.reached} of {row.finished} runs, and "
                f"ended there, after {row.to_target:,.0f} evaluations (median)"
            )
        if row.failed:
            notes += _failures(comparison, row)
        if row.unfinished:
            notes.append(f"{row.optimizer}: {row.unfinished} runs are missing or unfinished")
        if row.ended.get("stopped"):
            reasons = dict.fromkeys(
                trial.stopped
                for trial in comparison.trials
                if trial.optimizer == row.optimizer and trial.ended == "stopped"
            )
            notes.append(
                f"{row.optimizer} stopped before its budget: {'; '.join(reasons)[:_LONGEST]}"
            )
    if comparison.budget == Budget():
        notes.append("no budget was set: what the runs used differs; see the columns")
    elif any(row.ended.get("limit") for row in rows):
        notes.append("some runs ended at a limit of the trainer before their budget was spent")
    return notes


def _failures(comparison: Comparison, row: Row) -> list[str]:
    """Why runs failed; the same reason once."""
    seeds: dict[str, list[int]] = {}
    for trial in comparison.failed:
        if trial.optimizer == row.optimizer:
            seeds.setdefault(" ".join(trial.error.split())[:_LONGEST], []).append(trial.seed)
    notes = []
    for error, found in seeds.items():
        named = ", ".join(map(str, found[:_MOST_NAMED])) + ", …" * (len(found) > _MOST_NAMED)
        notes.append(f"{row.optimizer} failed with seed {named}: {error}")
    return notes
