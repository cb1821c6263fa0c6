"""Estimate: what a run will take, before the first request."""

from __future__ import annotations

import math
from collections.abc import Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langprop.data.batches import as_dataset, first_sample
from langprop.errors import DataError
from langprop.llms.base import Usage
from langprop.llms.budget import Budget
from langprop.llms.prices import PRICES_DATE, table_age
from langprop.trainer.depends import trained
from langprop.trainer.example import read_example

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer

_OLD = 180  # [days] from which on a table of prices is said to be old


@dataclass(frozen=True)
class Estimate:
    """What a run will take, if no reply has to be asked for again and nothing stops it early.

    Attributes:
        steps: Of the training; None if the data doesn't say how many there are.
        evaluations: One script on one sample each; validations included. None likewise.
        usage: Of the model, likewise for one step where `steps` is None.
        attempts: Requests for one script at the most.
        optimizer: Its name.
        budget: What the run may spend.
    """

    steps: int | None
    evaluations: int | None
    usage: Usage
    attempts: int
    optimizer: str
    budget: Budget

    def __str__(self) -> str:
        usage = self.usage
        spans = [f"{self.steps:,} steps" if self.steps is not None else "for one step"]
        if self.evaluations is not None:
            spans.append(f"about {self.evaluations:,} evaluations")
        lines = [f"{self.optimizer}: {', '.join(spans)}"]
        if not usage.calls:
            return lines[0] + "\nno model is asked: $0"
        tokens = usage.prompt_tokens + usage.completion_tokens
        lines.append(
            f"{usage.calls:,} requests, about {tokens:,} tokens ({usage.prompt_tokens:,} read, "
            f"{usage.completion_tokens:,} written)"
        )
        if usage.usd is None:
            lines.append(
                "price unknown: give the model price='INPUT/OUTPUT' (US dollars for a million "
                "tokens)"
            )
        else:
            line = f"about ${usage.usd:,.4f}"
            if self.attempts > 1:
                most = usage.usd * self.attempts
                line += f", or ${most:,.4f} if each reply must be asked for {self.attempts} times"
            lines.append(line)
            if usage.usd:
                days = table_age()
                old = f", {days} days old" if days > _OLD else ""
                lines.append(f"(prices of {PRICES_DATE}{old}, unless you gave your own)")
        lines.append("What a reasoning model thinks before it answers comes on top.")
        reached = _reached(self)
        if reached:
            lines.append(f"The budget ({self.budget}) is likely to end the run early: {reached}.")
        return "\n".join(lines)


def estimate(trainer: Trainer, module: Module, train: Any = None, val: Any = None) -> Estimate:
    """What `trainer.fit(module, train, val)` will take. Asks no model and runs no script.

    Raises:
        DataError: There is no data, or the first sample can't be read.
        ModuleError: The module can't be trained.
    """
    module.check()
    train = module.train_data() if train is None else train
    if train is None:
        raise DataError("there is no data to train on: give it as the second argument.")
    train = as_dataset(train)
    module.example = read_example(module, first_sample(train))
    size = len(train) if isinstance(train, Sized) else None
    steps = _steps(trainer, size)
    optimizer = trainer.optimizer
    modules = trained(module) if trainer.train_depends else [module]
    evaluations = None
    if steps is not None and (size is not None or trainer.batch_size is not None):
        batch = min(filter(None, (trainer.batch_size, size)))
        children = optimizer.n_parents * optimizer.n_children
        kept = max(optimizer.capacity, optimizer.survivors or optimizer.capacity + children)
        evaluations = len(modules) * steps * (kept + children) * batch
        val = module.val_data() if val is None else val
        if isinstance(val, Sized):
            times = trainer.max_epochs or 1
            if trainer.val_interval is not None:
                times = steps // trainer.val_interval + 1
            evaluations += times * trainer.n_val * len(val)
    usage = Usage()
    for each in modules:
        usage += optimizer.expected_usage(each, 1 if steps is None else steps)
    attempts = int(getattr(optimizer, "attempts", 1))
    return Estimate(steps, evaluations, usage, attempts, optimizer.name, trainer.budget)


def _steps(trainer: Trainer, size: int | None) -> int | None:
    limits = [trainer.max_steps]
    if size is not None and trainer.max_epochs is not None:
        limits.append(trainer.max_epochs * math.ceil(size / (trainer.batch_size or size or 1)))
    return min((limit for limit in limits if limit is not None), default=None)


def _reached(estimate: Estimate) -> str:
    """What of the budget is less than what the run will take."""
    usage, budget = estimate.usage, estimate.budget
    tokens = usage.prompt_tokens + usage.completion_tokens
    wanted = {
        "usd": usage.usd,
        "tokens": tokens,
        "calls": usage.calls,
        "evaluations": estimate.evaluations,
    }
    return ", ".join(
        f"{name} {getattr(budget, name):g}"
        for name, value in wanted.items()
        if value is not None and getattr(budget, name) is not None and value > getattr(budget, name)
    )
