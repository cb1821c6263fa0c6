"""Recorder: what is written of a run."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from langprop.loggers.base import Logger
from langprop.loggers.jsonl import JSONLogger
from langprop.loggers.table import failures
from langprop.modules.bundle import bundle
from langprop.modules.links import Links
from langprop.modules.module import Module
from langprop.trainer.lineage import Lineage
from langprop.trainer.run_dir import METRICS, RunDir
from langprop.trainer.worst import Worst

if TYPE_CHECKING:
    from langprop.population.policy import Policy


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
        self._open = False
        self._best = ""
        self._lineage: Lineage | None = None
        self._worst: Worst | None = None

    def open(self, name: str, config: Mapping[str, Any], *, resume: bool = False) -> None:
        """Make the folder, unless it is open or none is wanted, and begin with the loggers.

        Args:
            name: Of a new folder.
            config: What is run.
            resume: Whether the folder may hold a run.

        Raises:
            CheckpointError: It holds a run already, is being trained in, or can't be made.
        """
        if self._open:
            if self.run_dir is not None:
                self.run_dir.lock()
            return
        if self._where is not False:
            run_dir = self._folder(name, resume=resume)
            run_dir.lock()
            self.run_dir = run_dir
            run_dir.write_config(config)
            self._own = [JSONLogger(self.run_dir.path / METRICS)]
            self._lineage, self._worst = Lineage(run_dir.path), Worst(run_dir.path)
        self._open = True
        folder = self.run_dir.path if self.run_dir is not None else None
        self._tell(lambda logger: logger.start(name, config, folder, resume=resume))

    def forget(self) -> None:
        """Leave the folder as it is; the next run gets another."""
        self.run_dir, self._own, self._open, self._best = None, [], False, ""
        self._lineage = self._worst = None

    def log(self, figures: Mapping[str, Any], step: int) -> None:
        """Write figures to all loggers. One that fails is told of once, and the run goes on."""
        self._tell(lambda logger: logger.log(figures, step))

    def log_best(self, module: Module, step: int) -> None:
        """Write the best script to all loggers, with those that it calls, if there is a new one."""
        best = module.best
        if best is None:
            return
        script = module.linked(best)
        key = " ".join(each.id for each in (script, *script.depends))
        if key == self._best:
            return
        self._best = key
        about = {"id": best.id, "priority": best.priority, "origin": script.origin}
        # Nobody knows who wrote it: it isn't parsed in this process.
        source = bundle(script, parsed=False) if script.depends else script.source
        self._tell(lambda logger: logger.log_script(source, step, about))

    def log_failures(
        self, policies: Sequence[Policy], step: int, best: Policy | None = None
    ) -> None:
        """Write what went wrong in this step, while the records are there.

        The loggers get a table of failures; the folder, the worst samples of the best policy.

        Args:
            policies: With this step's records.
            step: The step.
            best: The best policy; None for the one with the highest priority.
        """
        if self._others:
            rows = failures(policies)
            self._tell(lambda logger: logger.log_table("failures", rows, step))
        if self._worst is not None:
            self._worst.note(policies, step, best)

    def save(
        self, state: Mapping[str, Any], module: Module, together: Sequence[Module] = ()
    ) -> None:
        """Write a checkpoint, if there is a folder.

        Args:
            state: What is saved.
            module: The module that is trained.
            together: Those that are trained together with it; it may be one of them.

        Raises:
            CheckpointError: It can't be written; the one before is intact.
        """
        if self.run_dir is None:
            return
        best = module.best
        policies = [
            policy
            for population in {id(each): each.population for each in (module, *together)}.values()
            for policy in (*population.policies, population.champion)
            if policy is not None
        ]
        links = Links(module)
        scripts = [*(policy.script for policy in policies), *links.scripts]
        sources = {script.id: script.source for script in scripts}
        text = bundle(links.attach(best.script), parsed=False) if best else None
        if self._lineage is not None:
            self._lineage.note((policy.script for policy in policies), int(state.get("step", 0)))
        self.run_dir.save(state, sources, text)

    def close(self) -> None:
        """Write what is held back, and let others into the folder."""
        self._tell(lambda logger: logger.close())
        if self._worst is not None:
            self._worst.close()
        if self.run_dir is not None:
            self.run_dir.unlock()

    def _folder(self, name: str, *, resume: bool) -> RunDir:
        if not self._where:
            return RunDir.fresh("runs", name)
        run_dir = RunDir(self._where)
        run_dir.claim(resume=resume)
        return run_dir

    def _tell(self, call: Callable[[Logger], None]) -> None:
        for logger in (*self._own, *self._others):
            try:
                call(logger)
            except Exception as error:  # whatever goes wrong there, what was learned comes first
                if logger not in self._broken:
                    self._broken.append(logger)
                    name = type(logger).__name__
                    warnings.warn(f"{name} failed, the run goes on: {error!r}", stacklevel=3)
