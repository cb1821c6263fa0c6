"""Links: the scripts of other modules, which a module's scripts call."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langprop.errors import ModuleError
from langprop.scripts.script import Script

if TYPE_CHECKING:
    from langprop.modules.module import Module


class Links:
    """The scripts of other modules, which a module's scripts call: of each the best one.

    They are chosen once; what is trained meanwhile isn't noticed.

    Args:
        module: The module. If one that it calls calls it back, that gets the script which is
            judged.
        best: Scripts by entry point, in place of those that are the best of their modules.

    Attributes:
        uses: Entry points that the module's own scripts may call.
        scripts: The scripts of all modules that it calls, directly or not; what is called stands
            before what calls it, where that can be.

    Raises:
        ModuleError: A module among them isn't trained and has no seed script, two have the same
            entry point, or something in `depends` is no module.
    """

    def __init__(self, module: Module, best: Mapping[str, Script] | None = None) -> None:
        best = best or {}
        self.uses = _names(module)
        self.scripts = tuple(
            dataclasses.replace(
                best.get(other.entry_point) or _script(other, module), uses=_names(other)
            )
            for other in called(module)
        )

    def attach(self, script: Script) -> Script:
        """A script of the module, together with those that it calls."""
        if not self.scripts:
            return script
        return dataclasses.replace(script, uses=self.uses, depends=self.scripts)

    def state_dict(self) -> dict[str, Any]:
        """All but the sources, as JSON data; empty if no other module is called."""
        if not self.scripts:
            return {}
        others = [
            {"entry_point": script.entry_point, "id": script.id, "uses": list(script.uses)}
            for script in self.scripts
        ]
        return {"uses": list(self.uses), "depends": others}


def direct(module: Module) -> list[Module]:
    """The modules that a module's scripts may call by name; without itself.

    Raises:
        ModuleError: Something in `depends` is no module.
    """
    from langprop.modules.module import Module

    given: Any = module.depends
    given = list(given) if isinstance(given, Iterable) and not isinstance(given, type) else [given]
    for other in given:
        if not isinstance(other, Module):
            what = "a class" if isinstance(other, type) else f"of type {type(other).__name__}"
            raise ModuleError(
                f"depends of {module.entry_point!r} must hold modules, but {other!r} is {what}: "
                "write depends = [other_module]."
            )
        if not other.entry_point:
            other.check()  # a subclass may have forgotten super().__init__()
    return [other for other in given if other is not module]


def called(module: Module) -> list[Module]:
    """All modules that a module calls, directly or not, without itself; callees come first.

    Raises:
        ModuleError: Two have the same entry point, or something in `depends` is no module.
    """
    found: list[Module] = []
    names = {module.entry_point: module}

    def visit(caller: Module) -> None:
        for other in direct(caller):
            known = names.get(other.entry_point)
            if known is None:
                names[other.entry_point] = other
                visit(other)
                found.append(other)
            elif known is not other:
                raise ModuleError(
                    f"two modules are called {other.entry_point!r}, so that it isn't clear which "
                    f"one {caller.entry_point!r} calls: give one of them another entry point."
                )

    visit(module)
    return found


def restore(module: Module, state: Mapping[str, Any], sources: Mapping[str, str]) -> None:
    """Give a module that was saved what it calls.

    Args:
        module: The module.
        state: With what `Links.state_dict` gave.
        sources: Source of each script, by id.

    Raises:
        KeyError: A source is missing.
    """
    saved: Sequence[Mapping[str, Any]] = state.get("depends", ())
    modules = {module.entry_point: module}
    for each in saved:
        script = Script(sources[each["id"]], each["entry_point"], id=each["id"])
        modules[script.entry_point] = _stand_in(script)
    for each in (*saved, {"entry_point": module.entry_point, "uses": state.get("uses", ())}):
        modules[each["entry_point"]].depends = [modules[name] for name in each["uses"]]


def _stand_in(script: Script) -> Module:
    """A module that has only this script."""
    from langprop.modules.module import Module

    module: Module = Module.__new__(Module)
    module.entry_point, module.frozen = script.entry_point, True  # nobody can write others for it
    module.population.add([script])
    return module


def _names(module: Module) -> tuple[str, ...]:
    return tuple(dict.fromkeys(other.entry_point for other in direct(module)))


def _script(other: Module, caller: Module) -> Script:
    best = other.best
    if best is not None:
        return best.script
    if not other.seeds:
        raise ModuleError(
            f"{caller.entry_point!r} calls {other.entry_point!r}, which isn't trained: train it "
            "first, or give it a seed script."
        )
    return Script(other.seeds[0], other.entry_point, origin="seed")
