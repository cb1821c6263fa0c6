"""Again: what a run was made with, found again: its module, its data, its limits."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.cli.config import read_mapping
from langprop.cli.environment import env_module
from langprop.cli.settings import FILE
from langprop.cli.splits import columns, signature
from langprop.data.batches import as_dataset, batches, first_sample
from langprop.data.files import is_file_spec, read_data
from langprop.data.objects import load_object
from langprop.errors import CheckpointError, ConfigError, DataError
from langprop.modules.links import restore
from langprop.modules.module import Module
from langprop.population.population import Population
from langprop.trainer.example import read_example
from langprop.trainer.loaded import load
from langprop.trainer.run_dir import RunDir

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS = {"train": "training", "val": "validation", "test": "test"}


@dataclass(frozen=True)
class Again:
    """A run that is taken up again, to be looked at, not to be trained.

    Attributes:
        folder: Of the run.
        fit: Its settings, if it was begun with `langprop fit`; else None.
        config: What it was run with, as far as that can be read.
    """

    folder: RunDir
    fit: Mapping[str, Any] | None
    config: Mapping[str, Any]

    @classmethod
    def of(cls, path: str) -> Again:
        """A run by its folder.

        Raises:
            CheckpointError: There is none.
            ConfigError: Its settings are damaged.
        """
        folder = RunDir(path)
        if not folder.holds_run:
            folder.read()  # says what is missing
        fit = folder.path / FILE
        return cls(folder, read_mapping(fit) if fit.exists() else None, _config(folder.path))

    @property
    def name(self) -> str:
        """The folder as the user wrote it."""
        return str(self.folder.path)

    def trained(self) -> Module:
        """The trained module without the user's own code: it can be called, not judged.

        Raises:
            CheckpointError: The checkpoint is damaged.
        """
        return load(self.folder.path)

    def module(self, spec: str | None = None) -> Module:
        """The user's module with the scripts of the run: it can judge them.

        This imports the user's code.

        Args:
            spec: FILE.py:NAME or package.module:NAME; None for what the run was begun with.

        Raises:
            ConfigError: It isn't known, can't be imported, or is another function.
            CheckpointError: The checkpoint is damaged.
        """
        state, sources = self.folder.read()
        module = self.untrained(spec)
        try:
            module.load_state_dict(state["module"], sources)
            restore(module, state["module"], sources)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointError(
                f"{self.name} can't be read: {type(error).__name__}: {error}"
            ) from error
        return module

    def untrained(self, spec: str | None = None) -> Module:
        """As `module`, but without scripts."""
        state, _ = self.folder.read()
        entry_point = state["module"].get("entry_point")
        option = f"--module FILE.py:NAME (its function is {entry_point!r})"
        kept = self.fit or {}
        named = spec if spec is not None else kept.get("module")
        env = kept.get("env") if spec is None else None
        if not named and not env:
            why = "was begun from Python" if self.fit is None else f"has no module in its {FILE}"
            raise ConfigError(f"{self.name} {why}: name its module with {option}.")
        try:
            module = self._of_env(env) if env else load_object(str(named), Path())
        except ConfigError as error:
            if spec is not None or env:
                raise
            raise ConfigError(f"{error} If it has moved: {option}.") from error
        if not isinstance(module, Module):
            raise ConfigError(f"{named} is a {type(module).__name__}, not a langprop Module.")
        if module.entry_point != entry_point:
            raise ConfigError(
                f"{named} is the function {module.entry_point!r}, but the run is of another one: "
                f"name {option}."
            )
        own = copy.copy(module)  # what was imported may be used again in this process
        own.population, own.warned = Population(), set()
        return own

    def _of_env(self, env: Any) -> Module:
        """The module of a run that was begun with `--env`."""
        arguments = (self.fit or {}).get("env_args")
        return env_module(str(env), arguments if isinstance(arguments, Mapping) else None)

    def stub_changed(self, module: Module) -> bool:
        """Whether the specification isn't what it was when the run was made."""
        return bool(self.folder.read()[0].get("stub", module.stub) != module.stub)

    def data(
        self,
        module: Module,
        split: str,
        spec: str | None = None,
        *,
        label_column: str | None = None,
        ignore: Sequence[str] = (),
    ) -> tuple[Any, str]:
        """Samples, and the name that they go by.

        Args:
            module: The user's module.
            split: "train", "val" or "test".
            spec: A file or an import string; None for what the run was begun with.
            label_column: As for `read_data`; None for what the run was begun with.
            ignore: Likewise.

        Raises:
            DataError: There is none, or it can't be read, or the first sample doesn't fit.
            ConfigError: There is nothing by that import string.
        """
        kept = self.fit or {}
        named = spec if spec is not None else kept.get(split)
        if named is not None:
            base = Path() if spec is not None else self._home(str(named))
            samples = read_data(
                str(named),
                base,
                function=signature(module),
                label_column=label_column or kept.get("label_column"),
                ignore=columns(ignore or kept.get("ignore")),
            )
        else:
            own = {"train": module.train_data, "val": module.val_data, "test": module.test_data}
            named, samples = "the module's own", own[split]()
        if samples is None:
            raise DataError(
                f"{self.name} was begun without {_WORDS[split]} data: name it with "
                "--data FILE or --data FILE.py:NAME."
            )
        samples = as_dataset(samples)
        read_example(module, first_sample(samples))
        return samples, str(named)

    def packages(self) -> tuple[str, ...] | None:
        """What scripts may import, if the run was told; None for the usual."""
        executor = (self.fit or {}).get("executor")
        given = executor.get("init_args") if isinstance(executor, Mapping) else None
        found = given.get("packages") if isinstance(given, Mapping) else None
        return tuple(map(str, found)) if isinstance(found, (list, tuple)) else None

    def _home(self, spec: str) -> Path:
        """What a file in the settings is relative to: the current folder, or the module's."""
        module = str((self.fit or {}).get("module") or "").rpartition(":")[0]
        beside = Path(module).parent
        if module.endswith(".py") and is_file_spec(spec) and not Path(spec).exists():
            return beside
        return Path()


def every_sample(data: Any, count: int | None = None) -> list[Any]:
    """Samples as a list.

    Args:
        data: A dataset or loader.
        count: How many at the most; None for all.
    """
    found: list[Any] = []
    for batch in batches(data, 1024):
        found += batch
        if count is not None and len(found) >= count:
            return found[:count]
    return found


def _config(folder: Path) -> Mapping[str, Any]:
    """What is kept with any run; what can't be read is as usual."""
    try:
        return read_mapping(folder / "config.yaml")
    except ConfigError:
        return {}
