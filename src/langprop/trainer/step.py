"""A training step: judge, rank, write children, judge them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langprop.trainer.example import example_of
from langprop.trainer.retest import retest
from langprop.trainer.scoring import check_scoring
from langprop.trainer.writing import write_children

if TYPE_CHECKING:
    from langprop.evaluation import Batch
    from langprop.modules.module import Module
    from langprop.population.policy import Policy
    from langprop.trainer.trainer import Trainer


def take_step(
    trainer: Trainer, module: Module, batch: Batch, caller: Module | None = None
) -> list[Policy]:
    """One training step of one module; returns the new policies.

    Args:
        trainer: Evaluates, and has the optimizer.
        module: What is trained; it has policies.
        batch: Samples: of the module; or of the caller, whose scores are the module's then.
        caller: A module that calls this one, directly or not, if that is what is judged.

    Raises:
        OutOfTime: The deadline has passed.
        OutOfBudget: The budget doesn't cover it.
        ModuleError: It is the first step, and the module's score fails on every answer.
    """
    population, optimizer = module.population, trainer.optimizer
    if module.example is None and caller is None:
        module.example = example_of(batch)
    records = trainer.evaluate(module, population.scripts, batch, caller)  # forward
    if trainer.joint is not None and not trainer.joint.told(module, records):
        return []
    population.tell(records)
    if trainer.step == 0:
        check_scoring(records.values(), complete=False)  # before a model is paid for children
    retest(trainer, module, batch, optimizer.capacity, caller)
    population.truncate(optimizer.capacity, optimizer.selection)  # rank
    children = write_children(trainer, module, batch, caller)  # update, forward
    if trainer.step == 0:
        check_scoring([*records.values(), *(child.records for child in children)])
    optimizer.judged(module, children)
    if optimizer.survivors is not None:
        retest(trainer, module, batch, optimizer.survivors, caller)
        population.truncate(optimizer.survivors, optimizer.selection)
    trainer.measured(module, children, caller)
    population.decay(optimizer.decay)
    return children


def fold(module: Module, decay: float) -> bool:
    """Fold what was seen of a step that was broken off into the past; whether there was anything.

    Policies that weren't judged yet in that step stay as they are.
    """
    judged = [policy for policy in module.population.policies if policy.records]
    for policy in judged:
        policy.decay(decay)
    return bool(judged)
