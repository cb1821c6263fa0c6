"""FitLoop: epochs of steps, with validations between them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from langprop.data.batches import batches
from langprop.errors import DataError, OutOfBudget, OutOfTime
from langprop.trainer.report import Report

if TYPE_CHECKING:
    import numpy as np

    from langprop.evaluation import Batch
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer


class FitLoop:
    """Epochs of steps, with validations between them.

    Args:
        trainer: Says how long and how often; takes the steps.
        module: What is trained.
        train: Samples.
        val: Samples to validate on, if any.
        rng: Shuffles the samples; None to keep their order.
    """

    def __init__(
        self,
        trainer: Trainer,
        module: Module,
        train: Any,
        val: Batch | None,
        rng: np.random.Generator | None,
    ) -> None:
        self.trainer, self.module, self.train, self.val, self.rng = trainer, module, train, val, rng
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
        trainer.deadline = self.deadline
        self._check_limits()  # a run that is resumed may have been at its end
        try:
            while not trainer.stopped and (
                self.last_epoch is None or trainer.epoch < self.last_epoch
            ):
                self._epoch()
        except OutOfTime:
            trainer.stop(f"max_time={trainer.max_time:g} s")
            trainer.end_step(self.module)
        except OutOfBudget as error:
            trainer.stop(str(error))
            trainer.end_step(self.module)
        finally:
            trainer.deadline = None
        if trainer.validated != trainer.step:  # what was learned last is validated, too
            with contextlib.suppress(OutOfBudget):
                self.validate()

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
        for samples in batches(self.train, trainer.batch_size, rng=self.rng):
            steps += 1
            if steps <= trainer.batch:  # taken before the run was resumed
                continue
            trainer.call("on_train_batch_start", self.module)
            trainer.fit_batch(self.module, samples)
            trainer.step += 1
            trainer.batch = steps
            trainer.call("on_train_batch_end", self.module)
            if trainer.val_interval is not None and trainer.step % trainer.val_interval == 0:
                self.validate()
            trainer.log(self.module)
            trainer.save(self.module)
            if trainer.optimizer.account.exhausted:
                trainer.stop(f"budget: {trainer.optimizer.account.exhausted}")
            self._check_limits()
            if trainer.stopped:
                break
        return steps

    def _check_limits(self) -> None:
        trainer = self.trainer
        if self.last_step is not None and trainer.step >= self.last_step:
            trainer.stop(f"max_steps={trainer.max_steps}")
        if self.deadline is not None and trainer.seconds >= self.deadline:
            trainer.stop(f"max_time={trainer.max_time:g} s")

    def validate(self) -> None:
        """Validate the best policies that weren't yet; the best of all becomes the champion."""
        if self.val is None:
            return
        trainer, population = self.trainer, self.module.population
        ranked = sorted(population.policies, key=lambda policy: policy.rank, reverse=True)
        new = [policy for policy in ranked[: trainer.n_val] if policy.val_score is None]
        records = trainer.evaluate(self.module, [policy.script for policy in new], self.val)
        for policy in new:
            policy.val_score = Report(policy.id, records[policy.id]).score
            population.crown(policy)
        if population.champion is not None and population.champion.val_score is not None:
            trainer.metrics["val/score"] = population.champion.val_score
        trainer.validated = trainer.step
        trainer.call("on_validation_end", self.module)


def _state(rng: np.random.Generator | None) -> Any:
    return None if rng is None else rng.bit_generator.state
