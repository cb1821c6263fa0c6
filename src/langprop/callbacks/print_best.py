"""PrintBest: prints the best script when there is a new one."""

from __future__ import annotations

import math
import time
import warnings
from typing import TYPE_CHECKING

from langprop.callbacks.base import Callback
from langprop.callbacks.progress import Progress
from langprop.callbacks.source import check_console, print_source, visible
from langprop.numbers import check_interval

if TYPE_CHECKING:
    from rich.console import Console

    from langprop.modules.module import Module
    from langprop.population.policy import Policy
    from langprop.scripts.script import Script
    from langprop.trainer.trainer import Trainer


class PrintBest(Callback):
    """Prints the best script, with its score, when there is a new one; above the live display.

    Of modules that are trained together, those whose script is another one than before.

    Args:
        console: Where to; that of the live display if not given.
        interval: Time between two scripts at the least [s]; those between are passed over, and the
            last one is printed at the end.

    Raises:
        ConfigError: The interval is negative, or no number; or the console can't print.
    """

    def __init__(self, console: Console | None = None, *, interval: float = 10.0) -> None:
        check_console("PrintBest", console)
        self.console = console
        self.interval = check_interval(interval)
        self._shown: dict[str, str] = {}  # ids of scripts, by function
        self._printed = -math.inf
        self._broken = False

    def on_fit_start(self, trainer: Trainer, module: Module) -> None:
        """Begin anew."""
        del trainer, module
        self._shown, self._printed, self._broken = {}, -math.inf, False

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
        if best is None or self._broken or time.monotonic() - self._printed < self.interval:
            return
        new = [
            script
            for script in _scripts(trainer, module, best)
            if self._shown.get(script.entry_point) != script.id
        ]
        if not new:
            return
        self._shown.update({script.entry_point: script.id for script in new})
        self._printed = time.monotonic()
        score = f"val {best.val_score:.4g}, " if best.val_score is not None else ""
        title = (
            f"{module.entry_point} after step {trainer.step}: {score}"
            f"train {best.priority:.4g} ({best.id}, by {best.script.origin or 'hand'})"
        )
        try:
            console = self._console(trainer)
            console.print(visible(title), style="bold", markup=False, highlight=False)
            for script in new:
                print_source(console, script.source)
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


def _scripts(trainer: Trainer, module: Module, best: Policy) -> list[Script]:
    """The best script, and those of the modules that are trained together with its own."""
    if trainer.joint is None:
        return [best.script]
    trained = {each.entry_point for each in trainer.together(module)}
    whole = module.linked(best)
    return [whole, *(script for script in whole.depends if script.entry_point in trained)]
