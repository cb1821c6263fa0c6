"""Further samples for policies that can't be told apart yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from langprop.errors import DataError
from langprop.evaluation import Batch

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.optim.optimizer import Optimizer
    from langprop.population.policy import Policy
    from langprop.trainer.trainer import Trainer


def retest(
    trainer: Trainer, module: Module, batch: Batch, capacity: int, caller: Module | None = None
) -> None:
    """Judge policies that the selection rule can't tell apart on further samples.

    A rule that knows noise names those on both sides of a boundary, that of the survivors or that
    of the parents, and says how often it may ask in a step. Where the data has no other samples,
    or the budget doesn't cover them, what is known decides.

    Args:
        trainer: Evaluates, and has further samples.
        module: Has the policies, judged on the batch.
        batch: What they were judged on.
        capacity: How many will be kept.
        caller: A module that calls this one, if that is what is judged.

    Raises:
        OutOfTime: The deadline has passed.
        OutOfBudget: The budget in seconds is spent.
    """
    selection = trainer.optimizer.selection
    if selection is None:
        return
    for _ in range(selection.rounds):
        policies = _undecided(trainer.optimizer, module.population.policies, capacity)
        if not policies:
            return
        more = _further(trainer, caller or module, batch, policies)
        if more is None:
            return
        scripts = [policy.script for policy in policies]
        if trainer.allowance.room(len(more)) < len(scripts):
            return
        module.population.tell(trainer.evaluate(module, scripts, more, caller))


def _undecided(optimizer: Optimizer, policies: Sequence[Policy], capacity: int) -> list[Policy]:
    """Those on both sides of the boundary of the survivors, or of the parents."""
    selection = optimizer.selection
    if selection is None:
        return []
    found = {
        policy.id: policy
        for count in (capacity, optimizer.n_parents)
        for policy in selection.undecided(policies, count)
    }
    return list(found.values())


def _further(
    trainer: Trainer, module: Module, batch: Batch, policies: Sequence[Policy]
) -> Batch | None:
    """As many other samples; their numbers go on where those of the step end."""
    samples = trainer.further.draw(len(batch), batch.places)
    if not samples:
        return None
    try:
        more = Batch.read(module, samples)
    except DataError:  # none of them can be read
        return None
    # Within a caller there may be no record: no sample called the module.
    start = 1 + max((each.sample for policy in policies for each in policy.records), default=-1)
    more.index = [start + place for place in more.index]
    return more
