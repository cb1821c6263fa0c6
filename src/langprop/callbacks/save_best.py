"""SaveBest: keeps a file with the best script."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.callbacks.base import Callback
from langprop.callbacks.monitor import check_monitor, is_validation, metric_name, reading
from langprop.errors import ConfigError
from langprop.files import as_path, write_text
from langprop.modules.bundle import bundle

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer


class SaveBest(Callback):
    """Keeps a file with the best script: plain Python, with the functions that it calls.

    The file is replaced in one piece when there is a new best script; another process may import it
    meanwhile. If it can't be written, that is told of once, and tried again with the next one and
    at the end: the run goes on, since what was learned is in its folder, too. `fast_dev_run` leaves
    the file as it is.

    Args:
        path: The file.
        monitor: Only write when this metric is better than at every reading before: "val/score",
            "train/best", ...; higher is better. None for the best script as the module knows it: by
            validation where there is one, by priority otherwise (which may fall).

    Raises:
        ConfigError: The path is none, or the metric isn't given by its name.
    """

    def __init__(self, path: str | Path, *, monitor: str | None = None) -> None:
        self.path = as_path("path", path, "best.py")
        self.monitor = None if monitor is None else metric_name("SaveBest", monitor)
        self._target = self.path
        self._best: float | None = None
        self._text: str | None = None  # that is to be in the file
        self._written: str | None = None
        self._warned = False

    def on_fit_start(self, trainer: Trainer, module: Module) -> None:
        """See, before anything is paid, whether the file can be written.

        Raises:
            ConfigError: The path is a folder, or its folder can't be made or written into; or a
                validation score is monitored, but there is no validation data.
        """
        del module
        if self.monitor is not None:
            check_monitor("SaveBest", self.monitor, trainer)
        # A link stays one, and the file stays where it is if somebody changes the current folder.
        self._target = Path(os.path.realpath(self.path))
        if self._target.is_dir():
            raise ConfigError(
                f"SaveBest needs a file, but {self.path} is a folder: write "
                f"{str(self.path / 'best.py')!r}."
            )
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"SaveBest can't write {self.path}: {error}") from error
        if not os.access(self._target.parent, os.W_OK):
            raise ConfigError(f"SaveBest can't write {self.path}: its folder is read-only.")
        self._best = self._text = self._written = None
        self._warned = False

    def state_dict(self) -> dict[str, Any]:
        """The best reading, if a metric is monitored."""
        return {} if self.monitor is None else {"best": self._best}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved state."""
        self._best = state["best"]

    def on_train_batch_end(self, trainer: Trainer, module: Module) -> None:
        """Write a new best script."""
        if self.monitor is None or not is_validation(self.monitor):
            self._look(trainer, module)

    def on_validation_end(self, trainer: Trainer, module: Module) -> None:
        """Write a new best script."""
        if self.monitor is None or is_validation(self.monitor):
            self._look(trainer, module)

    def on_fit_end(self, trainer: Trainer, module: Module) -> None:
        """Write what couldn't be written before."""
        if self.monitor is None and trainer.step:  # of a step that was broken off, too
            self._look(trainer, module)
        elif self._text is not None:
            self._write(trainer)

    def _look(self, trainer: Trainer, module: Module) -> None:
        if self.monitor is not None:
            value = reading("SaveBest", self.monitor, trainer)
            if self._best is not None and not value > self._best:
                return
            self._best = value
        best = module.best
        if best is not None:
            # Nobody knows who wrote it: it isn't parsed in this process.
            self._text = bundle(module.linked(best), parsed=False)
            self._write(trainer)

    def _write(self, trainer: Trainer) -> None:
        if self._text is None or self._text == self._written or trainer.fast_dev_run:
            return
        try:
            write_text(self._target, self._text)
        except OSError as error:
            if not self._warned:
                self._warned = True
                folder = trainer.run_dir
                where = "the module" if folder is None else str(folder.path / "best.py")
                warnings.warn(
                    f"SaveBest can't write {self.path}, the run goes on: "
                    f"{error.strerror or error}. The best script is in {where}.",
                    stacklevel=2,
                )
        else:
            self._written = self._text
