"""Checkpoint: copies of checkpoints that stay."""

from __future__ import annotations

import json
import math
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from langprop.callbacks.base import Callback
from langprop.callbacks.monitor import check_monitor, is_validation, metric_name, reading
from langprop.errors import CheckpointError, ConfigError
from langprop.files import as_path
from langprop.numbers import whole_or_none

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer

REGULAR = "step-"
"""What the names of regular copies begin with; those of the best begin with the metric."""


class Checkpoint(Callback):
    """Copies of checkpoints that stay; the trainer itself keeps the last two, after every step.

    A copy is `checkpoints/step-000100.json` in the run's folder; one of the best is named after its
    metric, such as `checkpoints/val-score-step-000100.json`. `langprop.load` reads it, and the run
    can be resumed from it. A copy that can't be written is told of once: the run goes on, since
    what was learned is in the checkpoint, and the next copy is tried again.

    Args:
        folder: Where to; by default `checkpoints` in the run's folder, whose `scripts` are shared.
            Another folder gets `scripts` of its own.
        every_n_steps: Steps between regular copies. Without it and `top_k`, there is one at the end
            of each epoch.
        monitor: Metric that `top_k` compares: "val/score", "train/best", ...; higher is better. One
            of validation is read after each validation, any other after each step.
        top_k: How many of the best are kept; None for none. Of equals, the earlier one stays.
        keep_last: How many of the regular copies are kept; None for all.

    Raises:
        ConfigError: A number isn't a whole one from 1 on, or the folder isn't a path; or
            `keep_last` is given where there are no regular copies.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        *,
        every_n_steps: int | None = None,
        monitor: str = "val/score",
        top_k: int | None = None,
        keep_last: int | None = None,
    ) -> None:
        if keep_last is not None and every_n_steps is None and top_k is not None:
            raise ConfigError(
                "keep_last counts the copies that are made every_n_steps: give that, too."
            )
        self.folder = None if folder is None else as_path("folder", folder, "copies")
        self.every_n_steps = whole_or_none("every_n_steps", every_n_steps)
        self.keep_last = whole_or_none("keep_last", keep_last)
        self.monitor = metric_name("Checkpoint", monitor)
        self.top_k = whole_or_none("top_k", top_k)
        self._where = Path()
        self._values: dict[int, float] = {}  # of the best copies, by step
        self._warned = False

    @property
    def regular(self) -> bool:
        """Whether there are regular copies."""
        return self.every_n_steps is not None or self.top_k is None

    @property
    def best_prefix(self) -> str:
        """What the names of the best copies begin with."""
        return re.sub(r"[^\w.]+", "-", self.monitor).strip("-") + "-" + REGULAR

    def on_fit_start(self, trainer: Trainer, module: Module) -> None:
        """Find the copies that there are.

        Raises:
            ConfigError: There is no run folder, or no validation data although its score is
                monitored; or another `Checkpoint` writes the same files.
        """
        del module
        if trainer.run_dir is None:
            if trainer.fast_dev_run:  # nothing is kept of it
                return
            raise ConfigError(
                "Checkpoint copies what is in the run's folder: leave run_dir=False out."
            )
        if self.top_k is not None:
            check_monitor("Checkpoint", self.monitor, trainer)
        folder = trainer.run_dir.path / "checkpoints" if self.folder is None else self.folder
        self._where = folder.absolute()
        for other in trainer.callbacks:
            if other is self:
                break
            if isinstance(other, Checkpoint) and self._clashes(other):
                raise ConfigError(
                    f"two Checkpoints write the same files in {folder}: give one of them another "
                    "folder."
                )
        self._warned = False
        self._values = {}
        if self.top_k is not None:
            for step, path in self._copies(self.best_prefix).items():
                value = _value_in(path, self.monitor)
                if value is not None:
                    self._values[step] = value

    def on_load_checkpoint(self, trainer: Trainer, module: Module) -> None:
        """Make up for a copy that is missing since the run was killed between the two writes."""
        missing = (
            self._due(trainer) and not self._path(REGULAR, trainer.step).exists(),
            self._is_best(trainer) and not self._path(self.best_prefix, trainer.step).exists(),
        )
        if any(missing):
            trainer.save(module)

    def on_save_checkpoint(self, trainer: Trainer, module: Module) -> None:
        """Copy the checkpoint, if a copy is due, and remove those that aren't kept any longer."""
        del module
        if self._due(trainer):
            self._copy(trainer, self._path(REGULAR, trainer.step))
            if self.keep_last is not None:
                steps = sorted(
                    step for step in self._copies(REGULAR) if step <= trainer.step
                )  # later ones: of a run that was resumed from an earlier step
                self._remove(REGULAR, steps[: -self.keep_last])
        if self._is_best(trainer) and self.top_k is not None:
            if not self._copy(trainer, self._path(self.best_prefix, trainer.step)):
                return
            self._values[trainer.step] = reading("Checkpoint", self.monitor, trainer)
            ranked = sorted(
                self._earlier(trainer.step), key=lambda step: (-self._values[step], step)
            )
            self._remove(self.best_prefix, ranked[self.top_k :])
            for step in ranked[self.top_k :]:
                del self._values[step]

    def _due(self, trainer: Trainer) -> bool:
        """Whether a regular copy is to be made of this step."""
        if not self.regular or trainer.step == 0:
            return False
        if self.every_n_steps is None:
            return trainer.batch == 0  # an epoch is complete
        return trainer.step % self.every_n_steps == 0

    def _is_best(self, trainer: Trainer) -> bool:
        """Whether this step is among the best."""
        if self.top_k is None or trainer.step == 0:
            return False
        if is_validation(self.monitor) and trainer.validated != trainer.step:
            return False
        value = reading("Checkpoint", self.monitor, trainer)
        others = self._earlier(trainer.step)
        if math.isnan(value):
            return False
        if trainer.step in others or len(others) < self.top_k:
            return True
        return value > min(self._values[step] for step in others)

    def _earlier(self, step: int) -> list[int]:
        """Steps of the best copies so far, without those of a future that was given up."""
        return [other for other in self._values if other <= step]

    def _clashes(self, other: Checkpoint) -> bool:
        same = self._where == other._where
        best = self.top_k is not None and other.top_k is not None
        return same and (
            (self.regular and other.regular) or (best and self.best_prefix == other.best_prefix)
        )

    def _path(self, prefix: str, step: int) -> Path:
        return self._where / f"{prefix}{step:06d}.json"

    def _copies(self, prefix: str) -> dict[int, Path]:
        """The copies that there are, by step."""
        name = re.compile(re.escape(prefix) + r"(\d{6,})\.json")
        try:
            found = [(name.fullmatch(path.name), path) for path in self._where.iterdir()]
        except OSError:  # there is no folder yet
            return {}
        return {int(match[1]): path for match, path in found if match is not None}

    def _copy(self, trainer: Trainer, path: Path) -> bool:
        """Copy the checkpoint; whether it worked."""
        assert trainer.run_dir is not None  # noqa: S101 - for mypy; on_fit_start saw to it
        try:
            trainer.run_dir.copy_to(path)
        except CheckpointError as error:
            if not self._warned:
                self._warned = True
                warnings.warn(f"Checkpoint failed, the run goes on: {error}", stacklevel=2)
            return False
        return True

    def _remove(self, prefix: str, steps: list[int]) -> None:
        for step in steps:
            try:
                self._path(prefix, step).unlink(missing_ok=True)
            except OSError as error:
                if not self._warned:
                    self._warned = True
                    warnings.warn(
                        f"Checkpoint can't remove an old copy, the run goes on: {error}",
                        stacklevel=2,
                    )


def _value_in(path: Path, monitor: str) -> float | None:
    """The metric in a copy; None for a file that can't be read, which is left alone."""
    try:
        value = float(json.loads(path.read_text(encoding="utf-8"))["metrics"][monitor])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None if math.isnan(value) else value
