"""Cells: what the live display shows, and how it is laid out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from langprop.callbacks.duration import clock, roughly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.text import Text

    from langprop.callbacks.pace import Pace
    from langprop.trainer.trainer import Trainer

DOT = " · "


class Cell(NamedTuple):
    """One figure.

    Attributes:
        value: What is shown.
        before: Its name, if it stands before it.
        after: Its name, if it stands after it.
        drop: The higher, the earlier it goes where the terminal is narrow; 0 goes last.
    """

    value: str
    before: str = ""
    after: str = ""
    drop: int = 0

    def __str__(self) -> str:
        return " ".join(part for part in (self.before, self.value, self.after) if part)


def of_time(trainer: Trainer, pace: Pace, *, validating: bool = False) -> list[Cell]:
    """Where the run is, and how long it takes."""
    epochs, steps = trainer.max_epochs, pace.steps(trainer)
    last = None if epochs is None else trainer.began["epoch"] + epochs
    epoch = trainer.epoch + 1 if last is None else min(trainer.epoch + 1, last)
    cells = [
        Cell(_of(epoch, last), "epoch", drop=3),
        Cell(_of(trainer.step, steps), "step", drop=1),
        Cell(clock(trainer.seconds), drop=2),
    ]
    if validating:  # nobody knows how long that takes
        after = f"after {trainer.stopped}" if timed_out(trainer) else ""
        return [*cells, Cell("validating", after=after)]
    left = pace.left(trainer)
    if left is not None and not trainer.stopped:
        cells.append(Cell(f"~{roughly(left)}", after="left"))
    return cells


def timed_out(trainer: Trainer) -> bool:
    """Whether `max_time` ended the training; the last validation isn't a part of that time."""
    return trainer.stopped.startswith("max_time")


def of_scores(
    metrics: Mapping[str, float], objectives: Mapping[str, float], policies: int
) -> list[Cell]:
    """How good the policies are."""
    names = {"train/best": ("best", 0), "train/mean": ("mean", 3), "val/score": ("val", 1)}
    cells = [
        Cell(f"{metrics[key]:.4g}", name, drop=drop)
        for key, (name, drop) in names.items()
        if key in metrics
    ]
    cells += [Cell(f"{value:.4g}", name, drop=2) for name, value in objectives.items()]
    return [*cells, Cell(str(policies), after="policies", drop=4)] if policies else cells


def of_work(trainer: Trainer) -> list[Cell]:
    """What was done and spent, and what is left of the budget."""
    budget, usage = trainer.budget, trainer.optimizer.usage()
    evaluations = trainer.evaluations
    cells = [
        Cell(f"{trainer.evaluations_per_second:,.0f}", after="evals/s", drop=2),
        Cell(f"{evaluations:,}", after="evals" + _left(budget.evaluations, evaluations), drop=5),
    ]
    calls, flying = int(usage.get("calls", 0)), trainer.optimizer.in_flight
    if not (calls or flying):
        return cells
    read = usage.get("prompt_tokens")
    if read is None:  # what is unknown is shown as unknown, never as 0
        tokens = Cell("?", after="tok", drop=3)
    else:
        used = read + usage.get("completion_tokens", 0.0)
        tokens = Cell(short(used), after="tok" + _left(budget.tokens, used), drop=3)
    usd = usage.get("usd")
    if usd is None:
        price = "$?" if calls else "$0"
    else:
        more = f" (${max(0.0, budget.usd - usd):,.4g} left)" if budget.usd is not None else ""
        price = f"${usd:,.4f}{more}"
    return [
        *cells,
        Cell(str(flying), after="in flight", drop=1),
        Cell(f"{calls:,}", after="calls" + _left(budget.calls, calls), drop=4),
        tokens,
        Cell(price),
    ]


def fitting(cells: Sequence[Cell], width: int) -> list[Cell]:
    """The cells that have room side by side; at least one."""
    kept = list(cells)
    while len(kept) > 1 and sum(len(str(cell)) + len(DOT) for cell in kept) - len(DOT) > width:
        kept.remove(max(kept, key=lambda cell: cell.drop))
    return kept


def written(cells: Sequence[Cell], *, unicode: bool = True) -> str:
    """The cells on one line, for a file."""
    return plain(DOT.join(map(str, cells)), unicode=unicode)


def drawn(rows: Sequence[Sequence[Cell]], width: int, *, unicode: bool = True) -> Text:
    """The cells in rows, for a terminal of this width."""
    from rich.text import Text

    text = Text(no_wrap=True, overflow="ellipsis" if unicode else "crop")
    dot = plain(DOT, unicode=unicode)
    for row in rows:
        if not row:
            continue
        if text:
            text.append("\n")
        for place, cell in enumerate(fitting(row, width)):
            if place:
                text.append(dot, style="dim")
            if cell.before:
                text.append(plain(cell.before, unicode=unicode) + " ", style="dim")
            text.append(plain(cell.value, unicode=unicode))
            if cell.after:
                text.append(" " + cell.after, style="dim")
    return text


def short(count: float) -> str:
    """A count in three digits: "999", "45.1k", "1.2M"."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        value = count / size
        if value >= 0.9995:
            return f"{value:.3g}{unit}" if value < 999.5 else f"{value:,.0f}{unit}"
    return f"{count:.0f}"


def _of(count: int, last: int | None) -> str:
    return str(count) if last is None else f"{count}/{last}"


def _left(limit: float | None, used: float) -> str:
    return "" if limit is None else f" ({short(max(0.0, limit - used))} left)"


def plain(text: str, *, unicode: bool) -> str:
    """Text for a terminal or file that may know ASCII alone."""
    if unicode:
        return text
    return text.replace("·", "|").replace("→", "->").encode("ascii", "backslashreplace").decode()
