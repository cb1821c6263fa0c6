"""Loaded: a trained module from a run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langprop.errors import CheckpointError, ModuleError
from langprop.modules.links import restore
from langprop.modules.module import Module
from langprop.trainer.run_dir import RunDir


class _Loaded(Module):
    """A trained module from a run folder: it can be called and exported, not trained."""

    frozen = True

    def __init__(self, state: Mapping[str, Any], sources: Mapping[str, str]) -> None:
        self.entry_point = state["module"]["entry_point"]
        self.stub = state.get("stub", "")
        super().__init__()
        self.load_state_dict(state["module"], sources)
        restore(self, state["module"], sources)

    def check(self) -> None:
        """A stub that isn't to be had is no reason not to load; training needs the user's module.

        Raises:
            ModuleError: Called again, by a trainer.
        """
        if len(self.population):
            raise ModuleError(
                "a module that was loaded from a run can be called and exported, not trained: "
                "train the module that the run was made with."
            )
        super().check()


def load(path: str | Path) -> Module:
    """The trained module of a run folder, to be called like the function.

    Args:
        path: The folder; or a checkpoint file, such as a copy that `Checkpoint` made.

    Raises:
        CheckpointError: There is no run, it is damaged, or a newer version wrote it.
    """
    file = Path(path)
    if file.is_file() or file.suffix == ".json":
        state, sources = RunDir.holding(file).read(file=file)
    else:
        state, sources = RunDir(path).read()
    try:
        return _Loaded(state, sources)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} can't be read: {type(error).__name__}: {error}") from error
