"""Trainer: fit, validate, test."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from langprop.callbacks.base import Callback
from langprop.callbacks.progress import Progress
from langprop.data.further import Further
from langprop.errors import ConfigError, DataError
from langprop.evaluation import Batch, evaluate
from langprop.executors.base import Executor
from langprop.llms.base import LLM
from langprop.llms.budget import Budget
from langprop.loggers.base import Logger
from langprop.modules.module import Module
from langprop.numbers import whole, whole_or_none
from langprop.optim.optimizer import Optimizer
from langprop.optim.workshop import Workshop
from langprop.population.record import Record
from langprop.sandbox.isolation import Isolation, Mode
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script
from langprop.trainer.allowance import Allowance
from langprop.trainer.beginning import begin, resume_run
from langprop.trainer.checks import (
    as_objects,
    check_kinds,
    check_resume,
    check_span,
    share,
    trial_steps,
)
from langprop.trainer.course import NO_DATA, Course, judged
from langprop.trainer.depends import check_depends, trained
from langprop.trainer.figures import step_figures
from langprop.trainer.hooks import call_hooks
from langprop.trainer.joint import Joint, part_figures
from langprop.trainer.lines import step_line, validation_line
from langprop.trainer.loops import FitLoop
from langprop.trainer.meter import Meter
from langprop.trainer.recorder import Recorder
from langprop.trainer.report import Report
from langprop.trainer.resolve import as_optimizer
from langprop.trainer.run_dir import RunDir
from langprop.trainer.seeds import Seeds
from langprop.trainer.state import state_of
from langprop.trainer.step import fold, take_step
from langprop.trainer.workplace import Workplace
from langprop.trainer.writing import first_scripts, identify

if TYPE_CHECKING:
    from langprop.population.policy import Policy


class Trainer:
    """Trains a module's script on data.

    Args:
        optimizer: Writes the scripts: an `Optimizer`; "mutation"; or an LLM, by itself or by name
            ("openai:MODEL").
        max_epochs: Times that the data is gone through.
        max_steps: Steps (batches) at the most.
        max_time: Time at the most [s] in one call of `fit`; a step that is under way is broken off.
            Validations are not, and the last one comes after it.
        budget: What the run may spend in all: money, tokens, calls, evaluations, seconds. It is
            hard, and ends the training.
        batch_size: Samples in a batch; None for all in one.
        shuffle: Whether to shuffle data that is a sequence, anew in each epoch.
        val_interval: Steps between validations; None for one at the end of each epoch.
        n_val: Best policies that are validated each time; one that was validated before is not
            validated again.
        limit_batches: Batches of each epoch that are used, as a number or as a share such as 0.1;
            of validation data likewise. None for all. A test uses all of its data.
        overfit_batches: First batches of the training data, as a number or as a share, that are
            trained on again and again, unshuffled, and validated on: a function that can't be
            learned by heart has no chance on the rest.
        fast_dev_run: Whether only to try that everything works: one batch of each kind of data, or
            so many, once; no run folder, no loggers.
        limits: What a script may use.
        executor: Where scripts run: an `Executor`; "local" (isolated processes on this machine);
            "inline" (in this process, without isolation). None is "local".
        isolation: What an executor made here asks of the system to keep scripts in: "auto" for
            all that it offers, "sealed", "bwrap", "process" (limits only), or "none" (this
            process); see `LocalExecutor`.
        workers: Scripts that run side by side in an executor made here, and processes that step
            environments; None for one per core.
        callbacks: Called along the way; a `Progress` is added unless there is one.
        progress: Whether to show the live display.
        loggers: Where metrics go, beside the run folder.
        run_dir: Folder of the run; None for a new one in `runs/`, named after the function; False
            for none at all.
        seed: All random choices of the run come from it.
        train_depends: Whether the modules that the trained one calls, directly or not, are trained
            together with it, unless they are frozen; if not, they stay as they are.

    Attributes:
        epoch: Epochs that are complete.
        step: Steps that are complete.
        batch: Batches of this epoch that are done.
        began: Epoch and step at which this call of `fit` began, or the one that it resumes.
        validated: Step after which the latest validation was, if there was one.
        epoch_data: State of the generator that shuffles the data, at the beginning of this epoch.
        metrics: The latest figures: "train/best", "train/mean", "val/score", ...
        stopped: Why the training ended early; "" if it didn't.
        interrupted: Whether it ended with ^C.
        validates: Whether there is validation data.
        gaps: How far training ran ahead of validation, at the latest validations.
        epoch_steps: Steps of an epoch; None if nobody knows.
        began_with: What the run was begun with, to tell when it is resumed with something else.
        allowance: What the run may still spend, in evaluations and seconds.
        further: Other samples of the training data, to test a policy once more.
        recorder: What is written of the run.
        meter: Counts and times the run.
        seeds: The generators of all random choices.
        workplace: Where scripts run and where they are read.
        joint: The modules that are trained together; None where it is one.
        within_step: Whether a step is under way.

    Raises:
        UnknownName: There is no such optimizer, LLM or executor.
        ConfigError: A number is out of range, or none; an isolation that doesn't go with the
            executor; or a budget in money, where the price of the model isn't known.
    """

    def __init__(
        self,
        optimizer: Optimizer | LLM | Callable[..., Any] | str = "mutation",
        *,
        max_epochs: int | None = 10,
        max_steps: int | None = None,
        max_time: float | None = None,
        budget: Budget | None = None,
        batch_size: int | None = 32,
        shuffle: bool = True,
        val_interval: int | None = None,
        n_val: int = 1,
        limit_batches: int | float | None = None,
        overfit_batches: int | float | None = None,
        fast_dev_run: bool | int = False,
        limits: Limits | None = None,
        executor: Executor | str | None = None,
        isolation: Mode = "auto",
        workers: int | None = None,
        callbacks: Sequence[Callback] = (),
        progress: bool = True,
        loggers: Sequence[Logger] = (),
        run_dir: Literal[False] | str | Path | None = None,
        seed: int = 0,
        train_depends: bool = False,
    ) -> None:
        check_kinds(optimizer, executor, budget, limits, run_dir)
        self.fast_dev_run = trial_steps(fast_dev_run)
        if self.fast_dev_run:
            max_epochs, max_steps, val_interval = 1, self.fast_dev_run, None
            run_dir, loggers = False, ()
        self.max_epochs = whole_or_none("max_epochs", max_epochs)
        self.max_steps = whole_or_none("max_steps", max_steps)
        self.max_time = check_span(max_time)
        self.batch_size, self.shuffle = whole_or_none("batch_size", batch_size), shuffle
        self.val_interval = whole_or_none("val_interval", val_interval)
        self.n_val = whole("n_val", n_val)
        self.limit_batches = share("limit_batches", limit_batches)
        self.overfit_batches = share("overfit_batches", overfit_batches)
        self.workers = whole_or_none("workers", workers)
        self.seed = whole("seed", seed, 0)
        self.optimizer = as_optimizer(optimizer)
        self.budget = budget or Budget()
        if budget is not None:
            self.optimizer.account.budget = budget
            self.optimizer.check_budget(budget)
        self.limits = limits or Limits()
        self.callbacks: list[Callback] = as_objects(callbacks, Callback, "callback")
        if progress and not any(isinstance(callback, Progress) for callback in self.callbacks):
            self.callbacks.append(Progress())
        self.train_depends = train_depends
        self.workplace = Workplace(self.optimizer, executor, isolation, self.workers)
        self.recorder = Recorder(run_dir, as_objects(loggers, Logger, "logger"))
        self._module: weakref.ref[Module] | None = None
        self._fitting = False
        self.forget()

    def forget(self) -> None:
        """Begin anew: another module makes another run."""
        self.epoch = self.step = self.batch = 0
        self.began = {"epoch": 0, "step": 0}
        self.epoch_data: dict[str, Any] | None = None
        self.epoch_steps: int | None = None
        self.validated: int | None = None
        self.metrics: dict[str, float] = {}
        self.gaps: list[float] = []
        self.stopped = ""
        self.interrupted = False
        self.validates = False
        self.began_with: dict[str, str] = {}
        self.further = Further()
        self.seeds = Seeds(self.seed)
        self.meter = Meter()
        self.allowance = Allowance(self.budget, self.meter)
        self.within_step = False
        self.joint: Joint | None = None

    # What users call

    def fit(
        self,
        module: Module,
        train: Any = None,
        val: Any = None,
        *,
        resume: Literal["previous", "force"] | bool | Path = False,
    ) -> Policy | None:
        """Train a module.

        Args:
            module: What is trained; its population is continued, if it has one.
            train: Samples: a list, dataset, data loader or iterable. None for the module's own.
            val: Samples to validate on; None for the module's own, if it has any.
            resume: Whether to go on with the run in `run_dir`, from its last checkpoint; if there
                is none yet, the run begins. The trainer, the module and the data must be made as
                they were; then the run ends as if it had never been broken off. What a model had
                answered since the checkpoint is taken from the recording, and not paid for again.
                "previous" goes on from the checkpoint before the last, a path from that copy of a
                checkpoint; "force" goes on although the module, its prompts or the data have
                changed.

        Returns:
            The best policy: by validation where there is one, by priority otherwise. ^C ends the
            training in the same way, with `interrupted` set.

        Raises:
            DataError: There are no samples, or the first one can't be read.
            ModuleError: The module's stub, seed scripts or hooks can't be used; or its score fails
                on every answer of the first step; or one that it calls isn't trained and has no
                seed script, unless it is trained together with it; or nothing is to be trained,
                since it is frozen.
            ConfigError: A share of the batches is wanted, but nobody knows how many there are; or
                the training is under way, and this is called in one of its callbacks.
            LLMError: No reply was to be had in a step; the steps before it are saved.
            OutOfBudget: The budget doesn't cover the first scripts.
            IsolationError: Scripts can't be kept in well enough on this machine.
            CheckpointError: The run folder can't be written; or can't be resumed; or the module,
                the data or the prompts are not those that the run was begun with.
        """
        check_resume(resume)
        if self._fitting:
            raise ConfigError(
                "this trainer is training already: fit can't be called in a callback of its own. "
                "End the training with trainer.stop(reason), and train on after it; or train with "
                "another Trainer."
            )
        module.check()
        check_depends(module, together=self.train_depends)
        course = Course(self, module, train, val)
        self.workplace.isolate()
        begin(self, module, course, resume=resume is not False)
        failed = False
        with self._running():
            try:
                self.call("on_fit_start", module)
                if resume is not False:
                    self.within_step = True  # what can't be resumed isn't saved, either
                    resume_run(self, module, how=resume)
                    self.within_step = False
                self._setup(module)
                self.call("on_train_start", module)
                FitLoop(self, module, course).run()
                self.call("on_train_end", module)
                self.save(module)
            except KeyboardInterrupt as error:
                self.interrupted = True
                self.stop("interrupted")
                try:
                    self._save_whole_step(module)
                finally:
                    self.call("on_exception", module, error)
            except BaseException as error:
                failed = True
                with contextlib.suppress(Exception):  # the first error is the one to report
                    self._save_whole_step(module)
                with contextlib.suppress(Exception):
                    self.call("on_exception", module, error)
                raise
            finally:
                with contextlib.suppress(*([Exception] if failed else [])):
                    self.call("on_fit_end", module)
        return module.best

    def fit_batch(self, module: Module, samples: Iterable[Any]) -> list[Policy]:
        """One training step; returns the new policies.

        Raises:
            DataError: There are no samples, or none can be read.
            ModuleError: The module has no scripts yet: `fit` starts with the optimizer's `setup`.
        """
        self.within_step = True
        batch = samples if isinstance(samples, Batch) else Batch.read(module, samples)
        self.join(module)
        if self.joint is not None or not len(module.population):
            self._setup(module)
        joint = self.joint
        children = take_step(self, module, batch) if joint is None else joint.step(batch)
        self.within_step = False
        return children

    def validate(self, module: Module, data: Any = None) -> Report:
        """Judge the best policy on a validation set.

        Raises:
            DataError: There is no data.
            ModuleError: The module isn't trained.
        """
        return self._report(module, module.val_data() if data is None else data)

    def test(self, module: Module, data: Any = None) -> Report:
        """Judge the best policy on data that nothing was chosen by, once the training is over.

        Whoever looks at the outcome and trains on has chosen by it: it isn't fit for a test any
        more.

        Raises:
            DataError: There is no data.
            ModuleError: The module isn't trained.
        """
        self.call("on_test_start", module)
        report = self._report(module, module.test_data() if data is None else data, whole=True)
        self.metrics["test/score"], self.metrics["test/stderr"] = report.score, report.stderr
        self.call("on_test_end", module)
        return report

    # What loops and callbacks call

    def evaluate(
        self, module: Module, scripts: Sequence[Script], batch: Batch, caller: Module | None = None
    ) -> dict[str, list[Record]]:
        """Judge scripts on a batch, counted.

        Raises:
            OutOfTime: The deadline has passed.
            OutOfBudget: The budget doesn't cover it.
        """
        if not scripts:
            return {}
        self.allowance.check(len(scripts), len(batch))
        if self.joint is not None:
            return self.joint.evaluate(module, scripts, batch, caller)
        executor, watch = self.executor, self.allowance.watch
        return evaluate(module, scripts, batch, executor, self.limits, watch=watch)

    def measured(
        self, module: Module, children: Sequence[Policy], caller: Module | None = None
    ) -> None:
        """Take the figures of a step, while its records are there.

        Those of a module that was judged within its caller get its name: "parse/train/best".
        """
        if caller is not None:
            self.metrics.update(part_figures(module, children))
            return
        # Figures that this step doesn't have must not stay from an earlier one.
        gone = ("records/", "train/best/")
        kept = {name: value for name, value in self.metrics.items() if not name.startswith(gone)}
        policies = module.population.policies
        self.metrics = {**kept, **step_figures(policies, children)}
        self.recorder.log_failures(policies, self.step + 1, module.best)

    def log(self, module: Module) -> None:
        """Write the latest figures to the loggers."""
        self.recorder.log(step_line(self, module), self.step)
        self.recorder.log_best(module, self.step)

    def log_validation(self, module: Module) -> None:
        """Write the figures of a validation to the loggers."""
        self.recorder.log(validation_line(self, module), self.step)
        self.recorder.log_best(module, self.step)

    def stop(self, reason: str) -> None:
        """End the training after this step; the first reason is kept."""
        self.stopped = self.stopped or reason

    def close(self) -> None:
        """End the workshop and an executor that was made here, and let go of connections.

        Closing twice is harmless.
        """
        self.optimizer.close()
        self.workplace.close()

    @property
    def evaluations(self) -> int:
        """Evaluations so far: one script on one sample each."""
        return self.meter.evaluations

    @property
    def evaluations_per_second(self) -> float:
        """Evaluations per second, over the last seconds."""
        return self.meter.rate

    @property
    def seconds(self) -> float:
        """Time that was spent in `fit` [s]."""
        return self.meter.seconds

    @property
    def run_dir(self) -> RunDir | None:
        """The run's folder, from `fit` on; None if there is none."""
        return self.recorder.run_dir

    @property
    def executor(self) -> Executor:
        """Where scripts run; made on first use."""
        return self.workplace.executor

    @property
    def workshop(self) -> Workshop:
        """Where what a model wrote is read: nothing here may parse it. The optimizer's, too."""
        return self.workplace.workshop

    @property
    def isolation(self) -> Isolation:
        """How well scripts are kept in; known from `fit` on."""
        return self.workplace.isolation

    # State

    def join(self, module: Module) -> None:
        """Train a module together with those that it calls, if that is wanted."""
        if self.train_depends:
            known = self.joint
            if known is None or known.top is not module or known.modules != trained(module):
                self.joint = Joint(self, module)

    def together(self, module: Module) -> Sequence[Module]:
        """The modules that are trained: this one alone, or with those that it calls."""
        return [module] if self.joint is None else self.joint.modules

    def _setup(self, module: Module) -> None:
        if self.joint is not None:
            if self.joint.setup():
                self.save(module)
            return
        if len(module.population):
            identify(self, module)
            return
        check_depends(module)  # before a model is paid
        module.population.add(first_scripts(self, module))
        self.save(module)

    def belongs_to(self, module: Module) -> bool:
        """Whether the run is of this module; from now on it is."""
        same = self._module is not None and self._module() is module
        self._module = weakref.ref(module)
        return same

    def state_dict(self, module: Module) -> dict[str, Any]:
        """Everything that the next step depends on, as JSON data, without the sources."""
        return state_of(self, module)

    def end_step(self, module: Module) -> None:
        """Fold what was seen of a step that was broken off into the past."""
        if self.joint is not None and self.joint.end_step():
            self.validated = None
        if fold(module, self.optimizer.decay):
            self.validated = None
        self.within_step = False

    def _save_whole_step(self, module: Module) -> None:
        """Save, unless a step was broken off: the checkpoint before it is what to resume from."""
        if not self.within_step:
            self.save(module)

    def save(self, module: Module) -> None:
        """Write a checkpoint, if there is a run folder.

        Raises:
            CheckpointError: It can't be written; the one before is intact.
        """
        if self.run_dir is None or not len(module.population):  # nothing to lose
            return
        if self.joint is not None and not self.joint.ready:
            return
        self.recorder.save(self.state_dict(module), module, self.together(module))
        self.call("on_save_checkpoint", module)

    def call(self, hook: str, module: Module, *args: Any) -> None:
        """Call a hook of all callbacks."""
        call_hooks(self, hook, module, *args)

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        """The clock runs, and what was opened is closed at the end."""
        try:
            self._fitting = True
            self.meter.start()
            yield
        finally:
            self._fitting = False
            self.meter.stop()
            self.recorder.close()
            self.close()

    def _report(self, module: Module, data: Any, *, whole: bool = False) -> Report:
        if data is None:
            raise DataError(NO_DATA.format(what="judge the module on"))
        best = module.trained()
        with contextlib.closing(self):
            batch = Batch.read(module, judged(self, data, whole=whole))
            # What was asked for by hand is counted, and not kept back by a budget.
            watch = self.meter.count
            records = evaluate(
                module, [best.script], batch, self.executor, self.limits, watch=watch
            )
            return Report(best.id, records[best.id])
