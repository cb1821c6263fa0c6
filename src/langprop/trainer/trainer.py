"""Trainer: fit, validate, test."""

from __future__ import annotations

import contextlib
import math
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from langprop.callbacks.base import Callback
from langprop.callbacks.progress import Progress
from langprop.data.batches import as_dataset, batches, first_sample
from langprop.errors import CheckpointError, ConfigError, DataError, OutOfBudget, OutOfTime
from langprop.evaluation import Batch, evaluate
from langprop.executors.base import Executor
from langprop.llms.base import LLM
from langprop.llms.budget import Budget
from langprop.llms.cassette import FILE, Cassette
from langprop.llms.replay import Recording
from langprop.loggers.base import Logger
from langprop.modules.links import Links
from langprop.modules.module import Module
from langprop.optim.optimizer import Optimizer
from langprop.optim.workshop import Workshop
from langprop.population.record import Record
from langprop.registry import names, resolve
from langprop.sandbox.isolation import IN_PROCESS, Isolation, Mode
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script
from langprop.trainer.example import example_of, read_example
from langprop.trainer.figures import step_figures
from langprop.trainer.loops import FitLoop
from langprop.trainer.meter import Meter
from langprop.trainer.recorder import Recorder
from langprop.trainer.report import Report
from langprop.trainer.resolve import as_optimizer, executor_name
from langprop.trainer.run_dir import RunDir
from langprop.trainer.seeds import Seeds
from langprop.trainer.settings import settings_of
from langprop.trainer.state import restore, state_of
from langprop.trainer.writing import first_scripts, write_children

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
        budget: What the run may spend in all: money, tokens, calls, evaluations, seconds. It is
            hard, and ends the training.
        batch_size: Samples in a batch; None for all in one.
        shuffle: Whether to shuffle data that is a sequence, anew in each epoch.
        val_interval: Steps between validations; None for one at the end of each epoch.
        n_val: Best policies that are validated each time; one that was validated before is not
            validated again.
        limits: What a script may use.
        executor: Where scripts run: an `Executor`; "local" (isolated processes on this machine);
            "inline" (in this process, without isolation). None is "local".
        isolation: What an executor made here asks of the system to keep scripts in: "auto" for
            all that it offers, "sealed", "bwrap", "process" (limits only), or "none" (this
            process); see `LocalExecutor`.
        workers: Scripts that run side by side in an executor made here; None for one per core.
        callbacks: Called along the way; a `Progress` is added unless there is one.
        progress: Whether to show the live display.
        loggers: Where metrics go, beside the run folder.
        run_dir: Folder of the run; None for a new one in `runs/`, named after the function; False
            for none at all.
        seed: All random choices of the run come from it.

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
        deadline: When the training shall end, on the clock of `seconds`; None for no limit.

    Raises:
        ValueError: A number is out of range.
        UnknownName: There is no such optimizer, LLM or executor.
        ConfigError: An isolation that doesn't go with the executor; or a budget in money, where the
            price of the model isn't known.
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
        limits: Limits | None = None,
        executor: Executor | str | None = None,
        isolation: Mode = "auto",
        workers: int | None = None,
        callbacks: Sequence[Callback] = (),
        progress: bool = True,
        loggers: Sequence[Logger] = (),
        run_dir: Literal[False] | str | Path | None = None,
        seed: int = 0,
    ) -> None:
        positive = {
            "max_epochs": max_epochs,
            "max_steps": max_steps,
            "batch_size": batch_size,
            "n_val": n_val,
        }
        for name, value in {**positive, "val_interval": val_interval, "workers": workers}.items():
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, but got {value!r}.")
        if max_time is not None and not max_time > 0:
            raise ValueError(
                f"max_time must be a positive number of seconds, but got {max_time!r}."
            )
        if not isinstance(budget, Budget | None):
            raise ConfigError(f"budget must be one such as Budget(usd=2), but got {budget!r}.")
        self.optimizer = as_optimizer(optimizer)
        self.budget = budget or Budget()
        if budget is not None:
            self.optimizer.account.budget = budget
            self.optimizer.check_budget(budget)
        self.max_epochs, self.max_steps, self.max_time = max_epochs, max_steps, max_time
        self.batch_size, self.shuffle = batch_size, shuffle
        self.val_interval, self.n_val = val_interval, n_val
        self.limits = limits or Limits()
        self.workers = workers
        self.callbacks = list(callbacks)
        if progress and not any(isinstance(callback, Progress) for callback in self.callbacks):
            self.callbacks.append(Progress())
        self.seed = seed
        self.epoch = self.step = self.batch = 0
        self.began = {"epoch": 0, "step": 0}
        self.epoch_data: dict[str, Any] | None = None
        self.validated: int | None = None
        self.metrics: dict[str, float] = {}
        self.stopped = ""
        self.interrupted = False
        self.validates = False
        self.deadline: float | None = None
        self._isolation = IN_PROCESS
        self._recorder = Recorder(run_dir, loggers)
        self._meter = Meter()
        if isinstance(executor, str) and executor not in names("executor"):
            executor = resolve(
                "executor", executor
            )  # at once: a wrong name is told before training
        self._executor = executor if isinstance(executor, Executor) else None
        self._executor_name = executor_name(executor, isolation)
        self._mode = isolation
        self._owned: Executor | None = None
        self._workshop: Workshop | None = None
        self._seeds = Seeds(seed)
        self._module: weakref.ref[Module] | None = None
        self._within_step = False

    # What users call

    def fit(
        self,
        module: Module,
        train: Any = None,
        val: Any = None,
        *,
        resume: Literal["previous"] | bool = False,
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
                "previous" goes on from the checkpoint before the last.

        Returns:
            The best policy: by validation where there is one, by priority otherwise. ^C ends the
            training in the same way, with `interrupted` set.

        Raises:
            DataError: There are no samples, or the first one can't be read.
            ModuleError: The module's stub, seed scripts or hooks can't be used, or one that it
                calls isn't trained and has no seed script.
            LLMError: No reply was to be had in a step; the steps before it are saved.
            OutOfBudget: The budget doesn't cover the first scripts.
            IsolationError: Scripts can't be kept in well enough on this machine.
            CheckpointError: The run folder can't be written; or can't be resumed.
        """
        module.check()
        Links(module)  # says at once if a module that it calls has no script
        train = module.train_data() if train is None else train
        if train is None:
            raise DataError("there is no data to train on: give it as the second argument.")
        train = as_dataset(train)
        val = module.val_data() if val is None else val
        module.example = read_example(module, first_sample(train))
        self.stopped, self.interrupted = "", False
        batch = None if val is None else Batch.read(module, _all(val))
        self.validates = batch is not None
        self._isolate()
        self._begin(module, resume=resume is not False)
        with self._running():
            try:
                self.call("on_fit_start", module)
                if resume is not False:
                    self._resume(module, previous=resume == "previous")
                self._setup(module)
                rng = self._seeds.data if self.shuffle else None
                FitLoop(self, module, train, batch, rng).run()
                self.save(module)
            except KeyboardInterrupt as error:
                self.interrupted = True
                self.stop("interrupted")
                self._save_whole_step(module)
                self.call("on_exception", module, error)
            except BaseException as error:
                with contextlib.suppress(Exception):  # the first error is the one to report
                    self._save_whole_step(module)
                self.call("on_exception", module, error)
                raise
            finally:
                self.call("on_fit_end", module)
        return module.best

    def fit_batch(self, module: Module, samples: Iterable[Any]) -> list[Policy]:
        """One training step; returns the new policies.

        Raises:
            DataError: There are no samples, or none can be read.
            ModuleError: The module has no scripts yet: `fit` starts with the optimizer's `setup`.
        """
        self._within_step = True
        population, optimizer = module.population, self.optimizer
        batch = samples if isinstance(samples, Batch) else Batch.read(module, samples)
        if module.example is None:
            module.example = example_of(batch)
        if not len(population):
            self._setup(module)
        population.tell(self.evaluate(module, population.scripts, batch))  # forward, backward
        population.truncate(optimizer.capacity, optimizer.selection)  # rank
        children = write_children(self, module, batch)  # update, forward, backward
        optimizer.judged(module, children)
        if optimizer.survivors is not None:
            population.truncate(optimizer.survivors, optimizer.selection)
        self._measured(population.policies, children)
        self._recorder.log_failures(population.policies, self.step + 1)
        population.decay(optimizer.decay)
        self._within_step = False
        return children

    def validate(self, module: Module, data: Any = None) -> Report:
        """Judge the best policy on a validation set.

        Raises:
            DataError: There is no data.
            ModuleError: The module isn't trained.
        """
        return self._report(module, module.val_data() if data is None else data)

    def test(self, module: Module, data: Any = None) -> Report:
        """Judge the best policy on data that nothing was chosen by.

        Raises:
            DataError: There is no data.
            ModuleError: The module isn't trained.
        """
        return self._report(module, module.test_data() if data is None else data)

    # What loops and callbacks call

    def evaluate(
        self, module: Module, scripts: Sequence[Script], batch: Batch
    ) -> dict[str, list[Record]]:
        """Judge scripts on a batch, counted.

        Raises:
            OutOfTime: The deadline has passed.
            OutOfBudget: The budget doesn't cover it.
        """
        if not scripts:
            return {}
        self.check_time()
        if self.room(len(batch)) < len(scripts):
            raise OutOfBudget(self.too_many(len(scripts) * len(batch)))
        return evaluate(module, scripts, batch, self.executor, self.limits, watch=self._watch)

    def room(self, samples: int) -> float:
        """How many scripts the budget allows to judge on so many samples; infinite for any."""
        limit = self.budget.evaluations
        return math.inf if limit is None else (limit - self.evaluations) // samples

    def too_many(self, wanted: int) -> str:
        """Says that the budget doesn't cover so many evaluations."""
        return (
            f"budget: {self.evaluations:,} of {self.budget.evaluations or 0:,} evaluations, and "
            f"the next {wanted:,} are more than what is left"
        )

    def check_time(self) -> None:
        """See whether there is time left.

        Raises:
            OutOfTime: The deadline has passed.
            OutOfBudget: The budget in seconds is spent.
        """
        if self.deadline is not None and self.seconds >= self.deadline:
            raise OutOfTime("the time of the run is over.")
        if self.budget.seconds is not None and self.seconds >= self.budget.seconds:
            raise OutOfBudget(f"budget: {self.budget.seconds:g} seconds")

    def _watch(self, count: int) -> None:
        self._meter.count(count)
        self.check_time()

    def log(self, module: Module) -> None:
        """Write the latest figures to the loggers."""
        best = module.best
        figures: dict[str, Any] = {
            "epoch": self.epoch,
            **self.metrics,
            "best": best.id if best else None,
            "evaluations": self.evaluations,
            "evaluations_per_second": self.evaluations_per_second,
            "seconds": self.seconds,
            **{f"cost/{name}": value for name, value in self.optimizer.usage().items()},
        }
        self._recorder.log(figures, self.step)
        self._recorder.log_best(best, self.step)

    def stop(self, reason: str) -> None:
        """End the training after this step; the first reason is kept."""
        self.stopped = self.stopped or reason

    def close(self) -> None:
        """End the workshop and an executor that was made here, and let go of connections.

        Closing twice is harmless.
        """
        self.optimizer.close()
        if self._workshop is not None:
            self._workshop.close()
            self._workshop = self.optimizer.workshop = None
        if self._owned is not None:
            self._owned.close()
            self._owned = None

    @property
    def evaluations(self) -> int:
        """Evaluations so far: one script on one sample each."""
        return self._meter.evaluations

    @property
    def evaluations_per_second(self) -> float:
        """Evaluations per second, over the last seconds."""
        return self._meter.rate

    @property
    def seconds(self) -> float:
        """Time that was spent in `fit` [s]."""
        return self._meter.seconds

    @property
    def run_dir(self) -> RunDir | None:
        """The run's folder, from `fit` on; None if there is none."""
        return self._recorder.run_dir

    @property
    def executor(self) -> Executor:
        """Where scripts run; made on first use."""
        if self._executor is not None:
            return self._executor
        if self._owned is None:
            settings = {"workers": self.workers, "isolation": self._mode}
            local = self._executor_name == "local"
            self._owned = resolve("executor", self._executor_name, **(settings if local else {}))
        return self._owned

    @property
    def workshop(self) -> Workshop:
        """Where what a model wrote is read: nothing here may parse it. The optimizer's, too."""
        if self._workshop is None:
            self._workshop = self.optimizer.workshop = Workshop(self.executor)
        return self._workshop

    @property
    def isolation(self) -> Isolation:
        """How well scripts are kept in; known from `fit` on."""
        return self._isolation

    # State

    def _setup(self, module: Module) -> None:
        if len(module.population):
            if module.read_from_reference:
                from langprop.modules.reference import identify

                identify(module, self.workshop.identify)
            return
        Links(module)  # before a model is paid
        module.population.add(first_scripts(self, module))
        self.save(module)

    def _measured(self, policies: Sequence[Policy], children: Sequence[Policy]) -> None:
        # Counts by status that don't occur in this step must not stay from an earlier one.
        kept = {
            name: value for name, value in self.metrics.items() if not name.startswith("records/")
        }
        self.metrics = {**kept, **step_figures(policies, children)}

    def _isolate(self) -> None:
        """Find out how well scripts are kept in, before anything is written or paid."""
        try:
            self._isolation = self.executor.isolation
        except BaseException:
            self.close()
            raise

    def _begin(self, module: Module, *, resume: bool) -> None:
        """Start a run, or go on with the one of this module. Another module makes another run."""
        if self._module is None or self._module() is not module:
            self.epoch = self.step = self.batch = 0
            self.validated = None
            self.metrics = {}
            self._recorder.forget()
            self.optimizer.account.clear()
            self._meter, self._seeds = Meter(), Seeds(self.seed)
            self._module = weakref.ref(module)
        module.warned.clear()
        self._within_step = False
        self._seeds.spawn(self.optimizer, module)
        self.began = {"epoch": self.epoch, "step": self.step}
        if self.batch == 0 and self._seeds.data is not None:
            self.epoch_data = dict(self._seeds.data.bit_generator.state)
        self._recorder.open(module.entry_point, settings_of(self, module), resume=resume)
        folder = self.run_dir
        self.optimizer.cassette = Cassette(folder.path / FILE) if folder is not None else None
        self.optimizer.recorded = None
        self.optimizer.limits = self.limits

    def _resume(self, module: Module, *, previous: bool) -> None:
        """Go on from the checkpoint in the run folder, if there is one.

        Raises:
            CheckpointError: It can't be read, or is that of another module.
        """
        folder = self.run_dir
        if folder is None:
            raise CheckpointError("there is no run folder to resume from: name it with run_dir=….")
        if folder.holds_run or previous:
            state, sources = folder.read(previous=previous)
            restore(self, module, state, sources)
            folder.forget_after(self.step)
            last = folder.metrics()[-1:] or [{}]
            self._meter.resume(int(state["evaluations"]), float(last[0].get("seconds", 0.0)))
        if (folder.path / FILE).exists():
            self.optimizer.recorded = Recording.read(folder.path)

    def state_dict(self, module: Module) -> dict[str, Any]:
        """Everything that the next step depends on, as JSON data, without the sources."""
        return state_of(self, module)

    def end_step(self, module: Module) -> None:
        """Fold what was seen of a step that was broken off into the past."""
        for policy in module.population.policies:
            if policy.records:
                policy.decay(self.optimizer.decay)
                self.validated = None
        self._within_step = False

    def _save_whole_step(self, module: Module) -> None:
        """Save, unless a step was broken off: the checkpoint before it is what to resume from."""
        if not self._within_step:
            self.save(module)

    def save(self, module: Module) -> None:
        """Write a checkpoint, if there is a run folder.

        Raises:
            CheckpointError: It can't be written; the one before is intact.
        """
        if self.run_dir is None or not len(module.population):  # nothing to lose
            return
        self._recorder.save(self.state_dict(module), module)
        self.call("on_save_checkpoint", module)

    def call(self, hook: str, module: Module, *args: Any) -> None:
        """Call a hook of all callbacks."""
        for callback in self.callbacks:
            getattr(callback, hook)(self, module, *args)

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        """The clock runs, and what was opened is closed at the end."""
        self._meter.start()
        try:
            yield
        finally:
            self._meter.stop()
            self._recorder.close()
            self.close()

    def _report(self, module: Module, data: Any) -> Report:
        if data is None:
            raise DataError(
                "there is no data to judge the module on: give it as the second argument."
            )
        best = module.trained()
        with contextlib.closing(self):
            batch = Batch.read(module, _all(data))
            # What was asked for by hand is counted, and not kept back by a budget.
            records = evaluate(
                module, [best.script], batch, self.executor, self.limits, watch=self._meter.count
            )
            return Report(best.id, records[best.id])


def _all(data: Any) -> list[Any]:
    return [sample for batch in batches(as_dataset(data), 1024) for sample in batch]
