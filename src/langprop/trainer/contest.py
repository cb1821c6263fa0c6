"""Contest: runs optimizers side by side, on the same seeds and at the same budget."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from langprop.callbacks.early_stopping import EarlyStopping
from langprop.data.batches import as_dataset
from langprop.errors import (
    CheckpointError,
    ConfigError,
    ModuleError,
)
from langprop.llms.budget import Budget
from langprop.modules.module import Module
from langprop.trainer.bout import Bout
from langprop.trainer.comparison import FILE, Comparison
from langprop.trainer.contestants import Contestants
from langprop.trainer.run_dir import RunDir
from langprop.trainer.trainer import Trainer
from langprop.trainer.trial import Split, Trial

_LIMITS = ("max_epochs", "max_steps", "max_time")
_FEW_EPOCHS = 10  # where there is neither a budget nor a limit, as the trainer's default


class Contest:
    """Optimizers that are run side by side, on the same seeds and at the same budget.

    `compare` is the short way; this says at once what is wrong with the settings.

    Args:
        module: As for `compare`, and so are the others.
        optimizers: By name.
        train: Samples.
        val: Samples.
        test: Samples.
        seeds: Seeds of the runs.
        budget: Of each run.
        target: Score that ends a run.
        run_dir: The folder.
        resume: Whether it may hold a comparison.
        trainer: Arguments of each `Trainer`.

    Attributes:
        name: The function that is trained.
        contestants: The optimizers.
        monitor: Metric that the target is about.
        split: What scores are taken on.

    Raises:
        ConfigError: As for `compare`.
    """

    def __init__(
        self,
        module: Module | Callable[[], Module],
        optimizers: Mapping[str, Any] | Sequence[str],
        train: Any = None,
        val: Any = None,
        test: Any = None,
        *,
        seeds: int | Sequence[int] = 5,
        budget: Budget | None = None,
        target: float | None = None,
        run_dir: Literal[False] | str | Path | None = None,
        resume: bool = False,
        **trainer: Any,
    ) -> None:
        self._source = module
        first = self._module()
        self.name = first.entry_point
        self.seeds = _seeds(seeds, trainer.pop("seed", None))
        if target is not None and not math.isfinite(target):
            raise ConfigError(f"target must be a finite number, but got {target!r}.")
        self.budget, self.target = budget, target
        self.contestants = Contestants(optimizers)
        self._trainer = self._limited(trainer)
        splits = {"train": train, "val": val, "test": test}
        self._data = {
            split: None if data is None else as_dataset(data) for split, data in splits.items()
        }
        validates = val is not None or first.val_data() is not None
        self.monitor = "val/score" if validates else "train/best"
        tests = test is not None or first.test_data() is not None
        self.split: Split = "test" if tests else "val" if validates else "train"
        for name in self.contestants.names:
            if name not in self.contestants.broken:
                self.trainer(name, self.seeds[0], None)  # says what is wrong before anything runs
        self._where, self._resume = run_dir, resume
        self._root: RunDir | None = None
        if resume and not run_dir:
            raise ConfigError("name the folder of the comparison to resume: run_dir='runs/…'.")

    # What it is made of

    def trainer(self, optimizer: str, seed: int, folder: Path | None) -> Trainer:
        """A trainer for one run.

        Args:
            optimizer: Its name in the comparison.
            seed: Of the run.
            folder: Of the run; None for none.

        Raises:
            ConfigError: Its arguments can't work.
        """
        settings = dict(self._trainer)
        settings["callbacks"] = [_copied(each) for each in settings.get("callbacks") or ()]
        settings["loggers"] = [_copied(each) for each in settings.get("loggers") or ()]
        if self.target is not None:
            settings["callbacks"].append(EarlyStopping(self.monitor, target=self.target))
        try:
            return Trainer(
                self.contestants.fresh(optimizer),
                **settings,
                budget=self.budget,
                seed=seed,
                run_dir=False if folder is None else folder,
            )
        except ConfigError:
            raise
        except ValueError as error:  # a number out of range
            raise ConfigError(str(error)) from error

    def _module(self) -> Module:
        """A module that nothing was learned of yet."""
        source: Any = self._source
        if isinstance(source, Module):
            try:
                made = copy.deepcopy(source)
            except Exception as error:
                raise ConfigError(
                    f"the module {source.entry_point!r} can't be copied for each run "
                    f"({type(error).__name__}: {error}): give compare a function that makes one, "
                    "as in compare(lambda: MyModule(), …)."
                ) from error
        elif callable(source):
            made = source()
        else:
            made = source
        if not isinstance(made, Module):
            raise ConfigError(
                "compare needs a Module or a function that makes one, but got a "
                f"{type(made).__name__}."
            )
        if made.best is not None:
            raise ModuleError(
                f"{made.entry_point!r} is trained already, so that the runs wouldn't begin alike: "
                "give compare a module that is not, or a function that makes a new one each time."
            )
        made.check()
        return made

    def _limited(self, trainer: Mapping[str, Any]) -> dict[str, Any]:
        """The trainer's arguments, such that the budget is what ends a run, and that it ends.

        Raises:
            ConfigError: A run would have no end; or an argument isn't to be given here.
        """
        settings = dict(trainer)
        for name in ("optimizer", "run_dir"):
            if name in settings:
                raise ConfigError(f"{name} isn't an argument of the runs: compare sets it.")
        budget = self.budget
        if budget is not None and not isinstance(budget, Budget):
            raise ConfigError(f"budget must be one such as Budget(usd=2), but got {budget!r}.")
        limited = any(settings.get(name) is not None for name in _LIMITS)
        endless = budget is not None and budget.evaluations is None and budget.seconds is None
        if budget is None or budget == Budget():
            if not limited:
                settings["max_epochs"] = _FEW_EPOCHS
        else:
            settings.setdefault("max_epochs", None)
            free = self.contestants.free
            if endless and free and not limited:
                raise ConfigError(
                    f"{', '.join(free)}: asks no model, so that a budget of {budget} never ends "
                    "its runs: add evaluations or seconds to the budget, or max_time."
                )
        return settings

    # Running

    def run(self, told: Callable[[Trial], None] | None = None) -> Comparison:
        """Run what wasn't run yet, seed by seed.

        Args:
            told: Called with each trial as soon as it ended.

        Returns:
            The comparison; with `interrupted` set after ^C.

        Raises:
            CheckpointError: The folder holds another comparison, is being used, or can't be
                written.
            DataError, SandboxError, ConfigError: What no run can do without is missing.
        """
        self.open()
        root = self._root
        trials: dict[tuple[str, int], Trial] = {}
        interrupted = False

        def conclude() -> Comparison:
            made = Comparison(
                self.name,
                self.contestants.names,
                self.seeds,
                list(trials.values()),
                self.contestants.pairs(),
                self.split,
                self.budget or Budget(),
                self.target,
                root.path if root is not None else None,
                interrupted,
            )
            if root is not None:
                made.save(root.path)
            return made

        try:
            for seed in self.seeds:
                for name in self.contestants.names:
                    place = f"{self.contestants.folders[name]}/seed-{seed}"
                    begun = Trial(name, seed, split=self.split, folder=place if root else "")
                    trials[name, seed] = begun
                    trials[name, seed] = self._bout(begun, root.path / place if root else None)
                    conclude()
                    if told is not None:
                        told(trials[name, seed])
        except KeyboardInterrupt:
            interrupted = True
        finally:
            if root is not None:
                root.unlock()
        return conclude()

    def open(self) -> Path | None:
        """Make the folder, and keep others out of it until the end of `run`, which calls this.

        Returns:
            The folder; None if none is wanted.

        Raises:
            CheckpointError: It holds a comparison already, is being used, or can't be made.
        """
        if self._where is False:
            return None
        if self._root is None:
            self._root = self._folder()
        self._root.lock()
        return self._root.path

    def _folder(self) -> RunDir:
        if not self._where:
            return RunDir.fresh("runs", f"compare-{self.name}")
        root = RunDir(self._where)
        if root.holds_run:
            raise CheckpointError(f"{root.path} is the folder of a run: name another run_dir.")
        if (root.path / FILE).exists() and not self._resume:
            raise CheckpointError(
                f"{root.path} holds a comparison already: go on with it with resume=True, or name "
                "another run_dir."
            )
        root.claim()
        return root

    def _bout(self, begun: Trial, folder: Path | None) -> Trial:
        """Run one, or go on with it, or read what became of it."""
        if begun.optimizer in self.contestants.broken:
            return begun.failed(self.contestants.broken[begun.optimizer])
        trainer = self.trainer(begun.optimizer, begun.seed, folder)
        bout = Bout(trainer, self._module(), self._data, self.monitor, self.target)
        return bout.run(begun, folder)


def _seeds(seeds: int | Sequence[int], first: int | None) -> list[int]:
    if isinstance(seeds, int) and not isinstance(seeds, bool):
        if seeds < 1:
            raise ConfigError(f"seeds must be at least 1, but got {seeds!r}.")
        return list(range(first or 0, (first or 0) + seeds))
    found = list(seeds) if isinstance(seeds, Sequence) and not isinstance(seeds, str) else []
    whole = all(isinstance(seed, int) and not isinstance(seed, bool) for seed in found)
    if not found or not whole or min(found) < 0 or len(set(found)) < len(found):
        raise ConfigError(
            f"seeds must be how many, or different whole numbers from 0 on, but got {seeds!r}."
        )
    if first is not None:
        raise ConfigError("give either the seeds or the first one (seed), not both.")
    return found


def _copied(thing: Any) -> Any:
    """A copy, so that runs share no state; itself, where it can't be copied (a console, a file)."""
    try:
        return copy.deepcopy(thing)
    except Exception:
        return thing
