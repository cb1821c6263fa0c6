"""PrintBest: prints the best script when there is a new one."""

from __future__ import annotations

import math
import time
import warnings
from typing import TYPE_CHECKING

from langprop.callbacks.base import Callback
from langprop.callbacks.progress import Progress
from langprop.callbacks.source import print_source, visible

if TYPE_CHECKING:
    from rich.console import Console

    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer


class PrintBest(Callback):
    """Prints the best script, with its score, when there is a new one; above the live display.

    Args:
        console: Where to; that of the live display if not given.
        interval: Time between two scripts at the least [s]; those between are passed over, and the
            last one is printed at the end.

    Raises:
        ValueError: The interval is negative.
    """

    def __init__(self, console: Console | None = None, *, interval: float = 10.0) -> None:
        if not (interval >= 0 and math.isfinite(interval)):
            raise ValueError(f"interval must not be negative, but got {interval!r}.")
        self.console = console
        self.interval = interval
        self._id = ""
        self._printed = -math.inf
        self._broken = False

    def on_fit_start(self, trainer: Trainer, module: Module) -> None:
        """Begin anew."""
        del trainer, module
        self._id, self._printed, self._broken = "", -math.inf, False

    def on_train_batch_end(self, trainer: Trainer, module: Module) -> None:
        """Print a new best script, if it is time."""
        # With validation, a new best script is one that was validated.
        if not trainer.validates:
            self._look(trainer, module)

    def on_validation_end(self, trainer: Trainer, module: Module) -> None:
        """Print a new best script, if it is time."""
        self._look(trainer, module)

    def on_fit_end(self, trainer: Trainer, module: Module) -> None:
        """Print the last one, if it wasn't."""
        if trainer.step:
            self._printed = -math.inf
            self._look(trainer, module)

    def _look(self, trainer: Trainer, module: Module) -> None:
        best = module.best
        if best is None or best.id == self._id or self._broken:
            return
        if time.monotonic() - self._printed < self.interval:
            return
        self._id, self._printed = best.id, time.monotonic()
        score = f"val {best.val_score:.4g}, " if best.val_score is not None else ""
        title = (
            f"{module.entry_point} after step {trainer.step}: {score}"
            f"train {best.priority:.4g} ({best.id}, by {best.script.origin or 'hand'})"
        )
        try:
            console = self._console(trainer)
            console.print(visible(title), style="bold", markup=False, highlight=False)
            print_source(console, best.script.source)
            console.print()
        except (OSError, ValueError) as error:
            if isinstance(error, BrokenPipeError):
                raise  # nobody reads: whoever called decides
            self._broken = True
            warnings.warn(f"PrintBest failed, the run goes on: {error!r}", stacklevel=2)

    def _console(self, trainer: Trainer) -> Console:
        """Where to print: what isn't printed on the display's own console would garble it."""
        if self.console is not None:
            return self.console
        for callback in trainer.callbacks:
            if isinstance(callback, Progress) and callback.console is not None:
                return callback.console
        from rich import get_console

        return get_console()
