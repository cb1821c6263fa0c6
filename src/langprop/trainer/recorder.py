"""Recorder: what is written of a run."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from langprop.loggers.base import Logger
from langprop.loggers.jsonl import JSONLogger
from langprop.modules.bundle import bundle
from langprop.modules.links import Links
from langprop.modules.module import Module
from langprop.trainer.run_dir import METRICS, RunDir


class Recorder:
    """What is written of a run: its folder with the checkpoint, and the figures.

    Args:
        where: The run's folder; None for a new one in `runs/`, False for none.
        loggers: Where the figures go beside the folder.

    Attributes:
        run_dir: The folder, once it is open.
    """

    def __init__(
        self, where: Literal[False] | str | Path | None, loggers: Sequence[Logger]
    ) -> None:
        self.run_dir: RunDir | None = None
        self._where = where
        self._own: list[Logger] = []
        self._others = list(loggers)
        self._broken: list[Logger] = []

    def open(self, name: str, config: Mapping[str, Any], *, resume: bool = False) -> None:
        """Make the folder, unless it is open or none is wanted.

        Args:
            name: Of a new folder.
            config: What is run.
            resume: Whether the folder may hold a run.

        Raises:
            CheckpointError: It holds a run already, or can't be made.
        """
        if self._where is False or self.run_dir is not None:
            return
        if self._where is None:
            run_dir = RunDir.fresh("runs", name)
        else:
            run_dir = RunDir(self._where)
            if not resume:
                run_dir.claim()
        run_dir.write_config(config)
        self.run_dir, self._own = run_dir, [JSONLogger(run_dir.path / METRICS)]

    def forget(self) -> None:
        """Leave the folder as it is; the next run gets another."""
        self.run_dir, self._own = None, []

    def log(self, figures: Mapping[str, Any], step: int) -> None:
        """Write figures to all loggers. One that fails is told of once, and the run goes on."""
        for logger in (*self._own, *self._others):
            try:
                logger.log(figures, step)
            except Exception as error:  # whatever goes wrong there, what was learned comes first
                if logger not in self._broken:
                    self._broken.append(logger)
                    name = type(logger).__name__
                    warnings.warn(f"{name} failed, the run goes on: {error!r}", stacklevel=2)

    def save(self, state: Mapping[str, Any], module: Module) -> None:
        """Write a checkpoint, if there is a folder.

        Raises:
            CheckpointError: It can't be written; the one before is intact.
        """
        if self.run_dir is None:
            return
        population, best = module.population, module.best
        policies = [*population.policies, *([population.champion] if population.champion else [])]
        links = Links(module)
        scripts = [*(policy.script for policy in policies), *links.scripts]
        sources = {script.id: script.source for script in scripts}
        text = bundle(links.attach(best.script), parsed=False) if best else None
        self.run_dir.save(state, sources, text)

    def close(self) -> None:
        """Write what is held back."""
        for logger in (*self._own, *self._others):
            logger.close()
