"""Progress: the live display."""

from __future__ import annotations

import importlib.util
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from langprop.callbacks import cells
from langprop.callbacks.base import Callback
from langprop.callbacks.pace import Pace
from langprop.callbacks.source import check_console, visible
from langprop.numbers import check_interval

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer

_PER_SECOND = 8  # times that it is redrawn


class Progress(Callback):
    """A live display: where the run is, how good the policies are, what it costs, the time left.

    On a terminal, and in a notebook with ipywidgets, it is redrawn in place, and what is printed
    meanwhile stands above it; elsewhere (a log file, CI) a line is printed now and then. The time
    left is estimated from the latest steps and whatever limit comes first: of steps, epochs, time
    or budget. A display that can't be written any more is told of once, and the run goes on.

    Args:
        console: Where to; standard output if not given.
        interval: Between two lines where there is no terminal [s].

    Raises:
        ConfigError: The interval is negative, or no number; or the console can't print.
    """

    def __init__(self, console: Console | None = None, *, interval: float = 5.0) -> None:
        check_console("Progress", console)
        self.console = console
        self.interval = check_interval(interval)
        self._console: Console | None = None
        self._live: Any = None
        self._printed = 0.0
        self._pace = Pace()
        self._scores: list[cells.Cell] = []
        self._drawn: Text | None = None
        self._validating = False

    def on_fit_start(self, trainer: Trainer, module: Module) -> None:
        """Open the display."""
        from rich import get_console
        from rich.text import Text

        self._close()
        # One console for all: two displays on one terminal must know of each other, and so must
        # what is printed above them.
        self._console = self.console or get_console()
        self._pace, self._scores, self._drawn = Pace(), [], None
        self._validating = False
        self._printed = time.monotonic()
        name = visible(f"{module.entry_point} · {trainer.optimizer.name}")
        where = visible(f" → {trainer.run_dir.path}") if trainer.run_dir else ""
        style = "dim" if trainer.isolation.level >= 2 else "yellow"
        self._print(lambda: Text.assemble((self._text(name), "bold"), self._text(where)))
        self._print(lambda: Text(self._text(str(trainer.isolation)), style=style))
        if self._redrawn:
            self._open(trainer)

    def on_train_batch_start(self, trainer: Trainer, module: Module) -> None:
        """Look at the clock, before the first step."""
        del module
        self._validating = False  # of one that the budget didn't cover
        self._pace.begin(trainer)

    def on_train_batch_end(self, trainer: Trainer, module: Module) -> None:
        """Read the scores; print a line, if it is time for one and there is no terminal."""
        self._pace.step(trainer)
        self._read(trainer, module)
        if self._live is None and self._due:
            self._line(trainer)

    def on_validation_start(self, trainer: Trainer, module: Module) -> None:
        """Say so; on a line of its own where it makes the run longer than was asked for."""
        del module
        self._validating = True
        if self._live is None and (cells.timed_out(trainer) or self._due):
            self._line(trainer)

    def on_validation_end(self, trainer: Trainer, module: Module) -> None:
        """Read the scores."""
        self._validating = False
        self._read(trainer, module)

    def on_train_epoch_end(self, trainer: Trainer, module: Module) -> None:
        """Learn how many steps an epoch has."""
        del trainer, module
        self._pace.epoch()

    def on_fit_end(self, trainer: Trainer, module: Module) -> None:
        """Close the display and say why the training ended."""
        from rich.text import Text

        if self._console is None:
            return
        self._read(trainer, module)
        self._pace.ended, self._validating = True, False
        if self._live is not None:
            self._close()
        else:
            self._line(trainer)
        if trainer.stopped:
            self._print(lambda: Text(self._text(visible(f"stopped: {trainer.stopped}"))))
        self._console = None

    # How

    @property
    def _due(self) -> bool:
        """Whether it is time for another line."""
        return time.monotonic() - self._printed >= self.interval

    @property
    def _redrawn(self) -> bool:
        """Whether what was printed can be replaced where it stands."""
        console = self._console
        if console is None:
            return False
        if console.is_jupyter:
            return all(importlib.util.find_spec(name) for name in ("IPython", "ipywidgets"))
        return console.is_terminal and not console.is_dumb_terminal

    @property
    def _unicode(self) -> bool:
        return self._console is None or self._console.encoding.lower().startswith("utf")

    def _text(self, text: str) -> str:
        return cells.plain(text, unicode=self._unicode)

    def _open(self, trainer: Trainer) -> None:
        from rich.errors import LiveError
        from rich.live import Live

        live = Live(
            get_renderable=lambda: self._draw(trainer),
            console=self._console,
            refresh_per_second=_PER_SECOND,
        )
        try:
            live.start()
        except LiveError:  # rich before 14.1: there is another display, so this one prints lines
            return
        self._live = live

    def _close(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            self._guarded(live.stop)

    def _read(self, trainer: Trainer, module: Module) -> None:
        """Read what changes with steps alone: redrawing must not sum up a large population."""
        best = module.best
        trackers = best.objectives if best is not None else {}
        objectives = {visible(name): tracker.priority for name, tracker in trackers.items()}
        self._scores = cells.of_scores(trainer.metrics, objectives, len(module.population))

    def _rows(self, trainer: Trainer) -> list[list[cells.Cell]]:
        time = cells.of_time(trainer, self._pace, validating=self._validating)
        return [time, self._scores, cells.of_work(trainer)]

    def _draw(self, trainer: Trainer) -> Text:
        """What is shown now; called on a thread of the display's own."""
        width = self._console.width if self._console is not None else 80
        try:
            self._drawn = cells.drawn(self._rows(trainer), width, unicode=self._unicode)
        except RuntimeError:  # what is counted changed while it was being read: next time
            if self._drawn is None:
                return cells.drawn([], width)
        assert self._drawn is not None  # noqa: S101 - for mypy
        return self._drawn

    def _line(self, trainer: Trainer) -> None:
        from rich.text import Text

        self._printed = time.monotonic()
        row = [cell for row in self._rows(trainer) for cell in row]
        self._print(lambda: Text(cells.written(row, unicode=self._unicode)))

    def _print(self, make: Callable[[], Text]) -> None:
        console = self._console
        if console is not None:
            self._guarded(lambda: console.print(make(), soft_wrap=True))

    def _guarded(self, write: Callable[[], None]) -> None:
        """Write; what was learned is worth more than the display."""
        try:
            write()
        except BrokenPipeError:
            raise  # nobody reads: whoever called decides
        except (OSError, ValueError) as error:
            self._console = self._live = None
            warnings.warn(f"Progress can't be shown, the run goes on: {error!r}", stacklevel=2)
