"""Writing: the scripts that the optimizer writes, as they come."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from langprop.errors import ModuleError, OutOfBudget
from langprop.population.policy import Policy

if TYPE_CHECKING:
    from langprop.evaluation import Batch
    from langprop.modules.module import Module
    from langprop.optim.optimizer import Placed
    from langprop.scripts.script import Script
    from langprop.trainer.trainer import Trainer


def identify(trainer: Trainer, module: Module) -> None:
    """Give scripts from a checkpoint of the paper's code the ids that others have."""
    if module.read_from_reference:
        from langprop.modules import reference

        reference.identify(module, trainer.workshop.identify)


def first_scripts(trainer: Trainer, module: Module) -> list[Script]:
    """The first scripts of a module, in the order in which they were asked for.

    Raises:
        ModuleError: The optimizer wrote none.
        OutOfBudget: The budget doesn't cover any.
        OutOfTime: The deadline has passed.
    """
    optimizer, workshop = trainer.optimizer, trainer.workshop
    found: dict[str, tuple[int, Script]] = {}
    with _closing(optimizer.stream_setup(module)) as groups:
        for group in groups:
            trainer.allowance.check_time()
            workshop.identify([script for _, script in group])
            for place, script in group:
                if script.id not in found or place < found[script.id][0]:
                    found[script.id] = (place, script)
    if not found:
        raise ModuleError(f"{optimizer.name} wrote no first script for {module.entry_point!r}.")
    return [script for _, script in sorted(found.values(), key=lambda item: item[0])]


def write_children(
    trainer: Trainer, module: Module, batch: Batch, caller: Module | None = None
) -> list[Policy]:
    """Have the optimizer write children, and judge each on the batch as soon as it is there.

    They join the population in the order in which they were asked for, whatever the order in which
    they came. If the budget doesn't cover them all, the training stops after this step.

    Args:
        trainer: Evaluates, and has the optimizer.
        module: What is trained.
        batch: What the children are judged on.
        caller: A module that calls this one, if that is what is judged.

    Raises:
        OutOfTime: The deadline has passed.
    """
    optimizer, workshop, population = trainer.optimizer, trainer.workshop, module.population
    known = {policy.id for policy in population.policies}
    places: dict[str, int] = {}
    children: dict[str, Policy] = {}
    # Which children are judged must not depend on the order in which they come: the first ones.
    room = trainer.allowance.room(len(batch))
    left_out: set[str] = set()
    if room < 1:
        trainer.stop(trainer.allowance.too_many(len(batch)))
        return []
    try:
        with _closing(optimizer.stream_update(module)) as groups:
            for group in groups:
                trainer.allowance.check_time()
                workshop.identify([script for _, script in group])
                new: dict[str, tuple[int, Script]] = {}
                for place, script in group:
                    if script.id in known:
                        continue
                    if script.id in children:
                        # The same program came before; what was asked for first names its parent.
                        if place < places[script.id]:
                            children[script.id].script, places[script.id] = script, place
                    elif place >= room:
                        left_out.add(script.id)
                    elif script.id not in new or place < new[script.id][0]:
                        new[script.id] = (place, script)
                scripts = [script for _, script in new.values()]
                records = trainer.evaluate(module, scripts, batch, caller)
                # They join the population at the end: it may be large, and many groups may come.
                for place, script in new.values():
                    child = Policy(script, population.weights)
                    child.tell(records[script.id])
                    children[script.id], places[script.id] = child, place
    except OutOfBudget as error:
        trainer.stop(str(error))
    finally:
        ordered = sorted(children.values(), key=lambda policy: places[policy.id])
        population.policies = [*population.policies, *ordered]
    if left_out - children.keys():
        trainer.stop(trainer.allowance.too_many(len(left_out - children.keys()) * len(batch)))
    return ordered


@contextlib.contextmanager
def _closing(groups: Iterator[list[Placed]]) -> Iterator[Iterator[list[Placed]]]:
    """Leave no request in flight, however the loop is left."""
    try:
        yield groups
    finally:
        close = getattr(groups, "close", None)  # of a generator; other iterators have none
        if close is not None:
            close()
