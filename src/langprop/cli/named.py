"""Named: the policies and scripts of a run by their ids, or beginnings of these."""

from __future__ import annotations

from collections.abc import Iterable

from langprop.errors import UnknownName
from langprop.modules.module import Module
from langprop.population.policy import Policy
from langprop.scripts.script import Script
from langprop.trainer.lineage import read_lineage
from langprop.trainer.run_dir import RunDir

_LISTED = 8


def ranked(module: Module) -> list[Policy]:
    """The policies of a checkpoint, best first; the champion is one, even if it wasn't kept."""
    population = module.population
    known = {policy.id: policy for policy in population.policies}
    if population.champion is not None:
        known.setdefault(population.champion.id, population.champion)
    return sorted(known.values(), key=lambda p: (p is module.best, p.rank), reverse=True)


def chosen(module: Module, folder: RunDir, beginning: str | None) -> Policy:
    """The policy that an option names, or else the best one.

    Args:
        module: Of the run.
        folder: Of the run.
        beginning: Of its id; None for the best.

    Raises:
        UnknownName: None or several have such an id.
        ModuleError: The module isn't trained.
    """
    return module.trained() if beginning is None else policy_named(module, folder, beginning)


def policy_named(module: Module, folder: RunDir, beginning: str) -> Policy:
    """A policy by its id; of a script that wasn't kept nothing is known but where it came from.

    Raises:
        UnknownName: None or several have such an id.
    """
    kept = {policy.id: policy for policy in ranked(module)}
    found = id_named([*kept, *saved(folder, module)], beginning)
    if found in kept:
        return kept[found]
    origin = read_lineage(folder.path).get(found)
    script = Script(
        folder.source(found) or "",
        module.entry_point,
        parent=origin.parent if origin else None,
        donor=origin.donor if origin else None,
        origin=origin.origin if origin else "",
        id=found,
    )
    return Policy(script, module.population.weights)


def saved(folder: RunDir, module: Module) -> list[str]:
    """Ids of all scripts of a function that were ever saved in its run."""
    others = {policy.id for other in module.depends for policy in other.population.policies}
    paths = sorted((folder.path / "scripts").glob("*.py"))
    return [path.stem for path in paths if path.stem not in others]


def id_named(ids: Iterable[str], beginning: str) -> str:
    """The one id that begins so.

    Raises:
        UnknownName: None or several do; lists candidates.
    """
    known = list(dict.fromkeys(ids))
    if beginning in known:
        return beginning
    found = [each for each in known if each.startswith(beginning)]
    if len(found) == 1 and beginning:
        return found[0]
    listed = found or known
    names = ", ".join(listed[:_LISTED])
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    if found:
        raise UnknownName(
            f"{len(found)} ids in this run begin with {beginning!r}: {names}{more}. Write more of "
            "it."
        )
    raise UnknownName(f"no id in this run begins with {beginning!r}. There are: {names}{more}.")
