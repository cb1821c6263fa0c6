"""FitLoop: epochs of steps, with validations between them."""

from __future__ import annotations

import contextlib
import itertools
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from langprop.data.batches import batches
from langprop.errors import DataError, OutOfBudget, OutOfTime
from langprop.trainer.validation import validate

if TYPE_CHECKING:
    import numpy as np

    from langprop.modules.module import Module
    from langprop.trainer.course import Course
    from langprop.trainer.trainer import Trainer


class FitLoop:
    """Epochs of steps, with validations between them.

    Args:
        trainer: Says how long and how often; takes the steps.
        module: What is trained.
        course: The data.
    """

    def __init__(self, trainer: Trainer, module: Module, course: Course) -> None:
        self.trainer, self.module, self.course = trainer, module, course
        self.rng = trainer.seeds.data if course.shuffle else None  # None keeps the order
        spans = (trainer.max_epochs, trainer.max_steps, trainer.max_time)
        starts = (trainer.began["epoch"], trainer.began["step"], trainer.seconds)
        # Limits are of this call of fit, or of the one that is resumed: not of what was before.
        self.last_epoch, self.last_step, self.deadline = (
            None if span is None else start + span
            for span, start in zip(spans, starts, strict=True)
        )

    def run(self) -> None:
        """Train until a limit is reached or somebody calls `trainer.stop`.

        Raises:
            DataError: The data gave no samples.
        """
        trainer = self.trainer
        trainer.allowance.deadline = self.deadline
        self._check_limits()  # a run that is resumed may have been at its end
        try:
            while not trainer.stopped and (
                self.last_epoch is None or trainer.epoch < self.last_epoch
            ):
                self._epoch()
        except OutOfTime:
            trainer.stop(f"max_time={trainer.max_time:g} s")
            trainer.end_step(self.module)
            if not self._judged:  # to validate would take even longer than the step did
                warnings.warn(
                    f"max_time={trainer.max_time:g} s was over before any script was judged: what "
                    "there is, is a first script that nobody tried. Give it more time, or smaller "
                    "batches (batch_size).",
                    stacklevel=4,
                )
                return
        except OutOfBudget as error:
            trainer.stop(str(error))
            trainer.end_step(self.module)
            if not self._judged:
                raise OutOfBudget(f"{error}: it doesn't cover the first step.") from error
        finally:
            trainer.allowance.deadline = None
        with contextlib.suppress(OutOfBudget):  # what was learned last is validated, too
            self.validate()

    @property
    def _judged(self) -> bool:
        """Whether anything is known of any script."""
        modules = self.trainer.together(self.module)
        return any(policy.weight for each in modules for policy in each.population.policies)

    def validate(self) -> None:
        """Validate, if there is data for it, and that wasn't done after this step already.

        The deadline doesn't break it off: what was spent on it would be lost, and the training ends
        with one anyway.
        """
        trainer = self.trainer
        if self.course.val is None or trainer.validated == trainer.step:
            return
        allowance = trainer.allowance
        deadline, allowance.deadline = allowance.deadline, None
        try:
            validate(trainer, self.module, self.course.val)
        finally:
            allowance.deadline = deadline

    def _epoch(self) -> None:
        trainer, module = self.trainer, self.module
        trainer.call("on_train_epoch_start", module)
        if not self._steps():
            raise DataError("the dataset held no samples in this epoch.")
        if not trainer.stopped:
            trainer.epoch += 1
            trainer.batch, trainer.epoch_data = 0, _state(self.rng)
            if trainer.val_interval is None:
                self.validate()
            trainer.save(module)
            trainer.call("on_train_epoch_end", module)

    def _steps(self) -> int:
        """Go through the data once; returns the steps taken."""
        trainer, steps = self.trainer, 0
        if self.rng is not None and trainer.epoch_data is not None:
            self.rng.bit_generator.state = trainer.epoch_data  # resumed in the midst of an epoch
        trainer.further.begin()
        for samples in self._batches():
            steps += 1
            if steps <= trainer.batch:  # taken before the run was resumed
                trainer.further.tell(samples)
                continue
            trainer.call("on_train_batch_start", self.module)
            trainer.fit_batch(self.module, samples)
            trainer.further.tell(samples)
            trainer.step += 1
            trainer.batch = steps
            try:
                trainer.call("on_train_batch_end", self.module)
            finally:  # the step is taken, whatever a callback thinks of it
                trainer.log(self.module)
            if trainer.val_interval is not None and trainer.step % trainer.val_interval == 0:
                self.validate()
            trainer.save(self.module)
            if trainer.optimizer.account.exhausted:
                trainer.stop(f"budget: {trainer.optimizer.account.exhausted}")
            self._check_limits()
            if trainer.stopped:
                break
        if steps < trainer.batch:
            raise DataError(
                f"the run had taken {trainer.batch} steps in this epoch, but now the data holds "
                f"{steps} batches only: resume it with the data that it was begun with."
            )
        return steps

    def _batches(self) -> Iterator[list[Any]]:
        found = batches(self.course.train, self.trainer.batch_size, rng=self.rng)
        return itertools.islice(found, self.course.epoch_steps)

    def _check_limits(self) -> None:
        trainer = self.trainer
        if self.last_step is not None and trainer.step >= self.last_step:
            trainer.stop(f"max_steps={trainer.max_steps}")
        if self.deadline is not None and trainer.seconds >= self.deadline:
            trainer.stop(f"max_time={trainer.max_time:g} s")


def _state(rng: np.random.Generator | None) -> Any:
    return None if rng is None else rng.bit_generator.state
