"""What a module's training needs of the modules that it calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langprop.errors import ModuleError
from langprop.modules.links import Links, called

if TYPE_CHECKING:
    from langprop.modules.module import Module


def check_depends(module: Module, *, together: bool = False) -> None:
    """See that a module can be trained, as far as those that it calls are concerned.

    Args:
        module: The module.
        together: Whether they are trained with it, so that they may have no script yet.

    Raises:
        ModuleError: One isn't trained and has no seed script, or there is nothing to train.
    """
    if together:
        trained(module)
        return
    if module.frozen:
        raise ModuleError(
            f"{module.entry_point!r} is frozen: there is nothing to train. Set frozen = False; or "
            "Trainer(train_depends=True) trains the modules that it calls."
        )
    Links(module)


def trained(module: Module) -> list[Module]:
    """The modules that are trained together with a module, and itself; callees come first.

    Raises:
        ModuleError: All are frozen, one can't be used, or a frozen one has no script.
    """
    every = [*called(module), module]
    for other in every:
        if not other.frozen and other is not module:
            other.check()
        if other.frozen and other.best is None and not other.seeds:
            raise ModuleError(
                f"{other.entry_point!r} is frozen, but has no script: give it a seed script, or "
                "don't freeze it."
            )
    found = [other for other in every if not other.frozen]
    if not found:
        raise ModuleError(
            f"{module.entry_point!r} and all modules that it calls are frozen: there is nothing "
            "to train."
        )
    return found
