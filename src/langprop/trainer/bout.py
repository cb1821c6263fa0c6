"""Bout: one run of a comparison, from the first script to the score."""

from __future__ import annotations

import dataclasses
import json
import traceback
from collections.abc import Mapping, Sized
from pathlib import Path
from typing import Any

from langprop.callbacks.monitor import reached
from langprop.errors import (
    CheckpointError,
    ConfigError,
    DataError,
    MissingDependency,
    ModuleError,
    SandboxError,
    UnknownName,
)
from langprop.modules.module import Module
from langprop.trainer.settings import settings_of
from langprop.trainer.trainer import Trainer
from langprop.trainer.trial import Trial, read_trial, write, write_trial

ERROR = "error.txt"

_FOR_ALL = (CheckpointError, ConfigError, DataError, MissingDependency, SandboxError, UnknownName)
"""Errors that other runs would meet, too; whatever else happens is one run's misfortune."""

_NOT_COMPARED = ("langprop", "isolation", "function")  # settings that may differ in a resumed run


class Bout:
    """One run of a comparison, from the first script to the score.

    Args:
        trainer: Of this run alone.
        module: Likewise.
        data: Samples of "train", "val" and "test"; None for the module's own.
        monitor: Metric that the target is about.
        target: The target, if there is one.
    """

    def __init__(
        self,
        trainer: Trainer,
        module: Module,
        data: Mapping[str, Any],
        monitor: str,
        target: float | None,
    ) -> None:
        self.trainer, self.module, self.data = trainer, module, data
        self.monitor, self.target = monitor, target

    def run(self, begun: Trial, folder: Path | None) -> Trial:
        """Run it, or go on with it, or read what became of it.

        Args:
            begun: The trial, as far as it is known before.
            folder: The run's; None for none.

        Raises:
            KeyboardInterrupt: Of the user; what was learned is saved.
            CheckpointError: The folder holds a run with other settings, or can't be written.
            ConfigError, DataError, SandboxError: What no run can do without is missing.
        """
        settings = self._settings()
        if folder is not None:
            known = read_trial(folder, settings)
            if known is not None and known.status == "finished":
                return dataclasses.replace(
                    known, optimizer=begun.optimizer, split=begun.split, folder=begun.folder
                )
            write_trial(folder, begun, settings)
        trial = self._run(begun, folder)
        if folder is not None:
            write_trial(folder, trial, settings)
        return trial

    def _run(self, begun: Trial, folder: Path | None) -> Trial:
        trainer, module = self.trainer, self.module
        try:
            trainer.fit(module, self.data["train"], self.data["val"], resume=folder is not None)
            if trainer.interrupted:
                raise KeyboardInterrupt
            spent = self._spent(begun)  # before the test, which isn't the training's expense
            return dataclasses.replace(spent, status="finished", score=self._score(begun))
        except _FOR_ALL:
            raise
        except Exception as error:  # the others go on
            if folder is not None:
                write(folder / ERROR, traceback.format_exc())
            return self._spent(begun).failed(error)
        finally:
            module.close()

    def _settings(self) -> dict[str, Any]:
        """What must be the same when a run is resumed, or read: as it is read from a file."""
        settings = settings_of(self.trainer, self.module)
        plain = {
            **{name: value for name, value in settings.items() if name not in _NOT_COMPARED},
            "samples": {
                split: len(samples) if isinstance(samples, Sized) else None
                for split, samples in self.data.items()
            },
            "target": self.target,
        }
        read: dict[str, Any] = json.loads(json.dumps(plain, default=str))
        return read

    def _score(self, begun: Trial) -> float:
        """How good the best policy is.

        Raises:
            ModuleError: Nothing was judged.
        """
        best = self.module.trained()
        if begun.split == "test":
            return self.trainer.test(self.module, self.data["test"]).score
        if begun.split == "val":
            if best.val_score is not None:
                return best.val_score
            return self.trainer.validate(self.module, self.data["val"]).score  # it wasn't covered
        if not best.weight:
            raise ModuleError("the budget doesn't cover the first step: nothing was judged.")
        return best.priority

    def _spent(self, trial: Trial) -> Trial:
        trainer, target = self.trainer, self.target
        usage = trainer.optimizer.account.total
        reading = trainer.metrics.get(self.monitor)
        return dataclasses.replace(
            trial,
            reached=target is not None and reading is not None and reached(reading, target),
            evaluations=trainer.evaluations,
            steps=trainer.step,
            calls=usage.calls,
            tokens=usage.prompt_tokens + usage.completion_tokens,
            usd=usage.usd if usage.calls else 0.0,
            seconds=trainer.seconds,
            stopped=trainer.stopped,
        )
