"""Progress: the live display."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from langprop.callbacks.base import Callback

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer


class Progress(Callback):
    """A live display: epoch, step, best and mean score, evaluations per second, cost, time.

    On a terminal it is redrawn in place; elsewhere (a log file, CI) a line is printed now and then.

    Args:
        console: Where to; standard output if not given.
        interval: Between two lines where there is no terminal [s].
    """

    def __init__(self, console: Console | None = None, *, interval: float = 5.0) -> None:
        self.console = console
        self.interval = interval
        self._live: Any = None
        self._printed = 0.0

    def on_fit_start(self, trainer: Trainer, module: Module) -> None:
        """Open the display."""
        from rich.console import Console
        from rich.live import Live

        self.console = self.console or Console()
        where = f" → {trainer.run_dir.path}" if trainer.run_dir else ""
        self.console.print(
            f"[bold]{module.entry_point}[/bold] · {trainer.optimizer.name}{where}", highlight=False
        )
        style = "dim" if trainer.isolation.level >= 2 else "yellow"
        self.console.print(str(trainer.isolation), style=style, highlight=False, markup=False)
        self._printed = time.monotonic()
        if self.console.is_terminal:
            self._live = Live(
                get_renderable=lambda: self._table(trainer, module),
                console=self.console,
                refresh_per_second=8,
            )
            self._live.start()

    def on_train_batch_end(self, trainer: Trainer, module: Module) -> None:
        """Print a line, if it is time for one and there is no terminal."""
        if self._live is None and time.monotonic() - self._printed >= self.interval:
            self._line(trainer, module)

    def on_fit_end(self, trainer: Trainer, module: Module) -> None:
        """Close the display and say why the training ended."""
        if self.console is None:
            return
        if self._live is not None:
            self._live.stop()
            self._live = None
        else:
            self._line(trainer, module)
        if trainer.stopped:
            self.console.print(f"stopped: {trainer.stopped}", highlight=False, markup=False)

    def _line(self, trainer: Trainer, module: Module) -> None:
        self._printed = time.monotonic()
        if self.console is not None:
            cells = " · ".join(
                f"{name} {value}" for name, value in _cells(trainer, module) if value
            )
            self.console.print(cells, highlight=False, markup=False, soft_wrap=True)

    def _table(self, trainer: Trainer, module: Module) -> Table:
        from rich import box
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        cells = _fitting(_cells(trainer, module), self.console.width if self.console else 80)
        for name, _ in cells:
            table.add_column(name, justify="right", no_wrap=True)
        table.add_row(*(value for _, value in cells))
        return table


_DISPENSABLE = ("policies", "evals", "time", "val", "step")
"""What goes first where the terminal is narrow."""


def _fitting(cells: list[tuple[str, str]], width: int) -> list[tuple[str, str]]:
    """The cells that have room side by side."""
    cells = [(name, value) for name, value in cells if value]
    for name in _DISPENSABLE:
        if sum(max(map(len, cell)) + 2 for cell in cells) <= width:
            break
        cells = [cell for cell in cells if cell[0] != name]
    return cells


def _cells(trainer: Trainer, module: Module) -> list[tuple[str, str]]:
    metrics = trainer.metrics
    score = {
        key: f"{metrics[key]:.4g}" if key in metrics else ""
        for key in ("train/best", "train/mean", "val/score")
    }
    return [
        ("epoch", str(trainer.epoch + 1)),
        ("step", str(trainer.step)),
        ("best", score["train/best"]),
        ("mean", score["train/mean"]),
        ("val", score["val/score"]),
        ("policies", str(len(module.population))),
        ("evals", f"{trainer.evaluations:,}"),
        ("evals/s", f"{trainer.evaluations_per_second:,.0f}"),
        ("cost", _cost(trainer.optimizer.usage())),
        ("time", f"{trainer.seconds:.0f} s"),
    ]


def _cost(usage: dict[str, float]) -> str:
    """What was spent; an unknown price is shown as unknown, never as 0."""
    calls = int(usage.get("calls", 0))
    if not calls:
        return "0 calls"
    tokens = usage.get("prompt_tokens", 0) + usage.get("completion_tokens", 0)
    price = f"${usage['usd']:.4f}" if usage.get("usd") is not None else "$?"
    return f"{calls} calls · {_short(tokens)} tok · {price}"


def _short(count: float) -> str:
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.0f}"
