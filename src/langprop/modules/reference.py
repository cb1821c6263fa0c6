"""Reference: a module's checkpoint in the folder format of the paper's code."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.errors import CheckpointError
from langprop.modules.reference_folder import CONFIG, locate, read_text, write_folder
from langprop.modules.reference_templates import opened, sources
from langprop.modules.reference_tracker import SavedTracker, checked, numbers
from langprop.population.policy import MAIN, Policy
from langprop.prompts.prompts import Prompts
from langprop.scripts.parsing import text_id
from langprop.scripts.script import Script

if TYPE_CHECKING:
    from langprop.modules.module import Module

Numbers = Mapping[str, Mapping[str, Any]]
"""Of each named tracker of a script: priority, past_priority, past_weight, count, avg_score."""


@dataclass(frozen=True)
class Reference:
    """A module's checkpoint in the folder format of the paper's code.

    Attributes:
        name: Name of the function.
        step: Step of the training.
        scripts: Sources, best first.
        trackers: What is known of each script.
        setup: Setup template, imports expanded.
        update: Update template, likewise.
        setup_prompt: The rendered setup prompt, if it was saved.
        extra: What else its `config.json` holds.
    """

    name: str
    step: int
    scripts: tuple[str, ...]
    trackers: tuple[Numbers, ...]
    setup: str
    update: str
    setup_prompt: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: str | Path, name: str = "") -> Reference:
        """Read a checkpoint. No script is parsed or run.

        Args:
            folder: `<run>/ckpt/<tag>/<function name>`, or `<run>/ckpt/<tag>` if there is only one
                function in it, or `name` is one of several.
            name: Name of the function, if it is known.

        Raises:
            CheckpointError: There is none, or it can't be read; says what is wrong.
        """
        folder = locate(folder, name)
        config = _config(folder / CONFIG)
        records = config.pop("records")
        prompt = folder / "setup_prompt.txt"
        return cls(
            name=config.pop("name"),
            step=config.pop("step"),
            scripts=tuple(read_text(folder / f"record_{n}.txt") for n in range(len(records))),
            trackers=tuple(records),
            setup=read_text(folder / "setup.txt"),
            update=read_text(folder / "update.txt"),
            setup_prompt=read_text(prompt) if prompt.exists() else None,
            extra=config,
        )

    @classmethod
    def of(cls, module: Module, step: int | None = None) -> Reference:
        """What there is to save of a module.

        Args:
            module: The module.
            step: Step of the training; by default that of the checkpoint it comes from, or 0.
        """
        origin = module._reference
        policies = _ranked(module)
        setup, update = sources(module)
        return cls(
            name=module.entry_point,
            step=step if step is not None else origin.step if origin else 0,
            scripts=tuple(policy.script.source for policy in policies),
            trackers=tuple(_trackers(policy) for policy in policies),
            setup=setup,
            update=update,
            setup_prompt=origin.setup_prompt if origin else None,
            extra=origin.extra if origin else {},
        )

    def restore(self, module: Module) -> None:
        """Give a module the scripts, with what is known of them, and the templates.

        The scripts' ids are of their texts: what somebody else's model wrote isn't parsed here.

        Raises:
            CheckpointError: The module is of another function.
        """
        if not module.entry_point:
            module.check()  # a subclass may have forgotten super().__init__()
        if module.entry_point != self.name:
            raise CheckpointError(
                f"the checkpoint is of {self.name!r}, but {type(module).__name__} trains "
                f"{module.entry_point!r}: name the folder of that function."
            )
        population = module.population
        policies = []
        for source, trackers in zip(self.scripts, self.trackers, strict=True):
            content = text_id(source, self.name)
            script = Script(source, self.name, origin="reference", id=content)
            policy = Policy(script, population.weights)
            policy.trackers = {each: SavedTracker(saved) for each, saved in trackers.items()}
            policy.trackers = policy.trackers or {MAIN: SavedTracker({})}
            policies.append(policy)
        population.policies, population.champion = policies, None
        module.prompts = Prompts(opened(self.setup, "setup.txt"), opened(self.update, "update.txt"))
        module._reference = self

    def write(self, folder: str | Path) -> Path:
        """Write the checkpoint, in one piece.

        Args:
            folder: The function's folder. If it exists, it must hold a checkpoint or nothing.

        Raises:
            CheckpointError: It can't be written, or other files would be lost; what was there is
                left as it was.
        """
        config = {
            "name": self.name,
            "step": self.step,
            "records": {str(number): each for number, each in enumerate(self.trackers)},
            **self.extra,
        }
        files = {
            CONFIG: json.dumps(config, indent=2) + "\n",
            **{f"record_{number}.txt": source for number, source in enumerate(self.scripts)},
            "setup.txt": self.setup,
            "update.txt": self.update,
        }
        if self.setup_prompt is not None:
            files["setup_prompt.txt"] = self.setup_prompt
        write_folder(Path(folder), files)
        return Path(folder)


def identify(module: Module, how: Callable[[list[Script]], None]) -> None:
    """Give the scripts that were read the ids that other scripts have, of their syntax trees.

    For a trainer: a child that is the same program as one that was read shall be known as such.

    Args:
        module: The module; one that wasn't read from a checkpoint stays as it is.
        how: Gives scripts their ids, reading the sources where that is safe.
    """
    read = [
        policy
        for policy in module.population.policies
        if policy.id == text_id(policy.script.source, policy.script.entry_point)
    ]
    scripts = [dataclasses.replace(policy.script, id="") for policy in read]
    how(scripts)
    for policy, script in zip(read, scripts, strict=True):
        policy.script = script


def _config(path: Path) -> dict[str, Any]:
    """What `config.json` holds, checked; the records as a list, best first."""
    text = read_text(path)
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is no JSON: {error}.") from error
    if not isinstance(config, dict):
        raise CheckpointError(f"{path} must hold an object, but holds {type(config).__name__}.")
    for key, kind, what in (
        ("name", str, "a name"),
        ("step", int, "a whole number"),
        ("records", dict, "an object"),
    ):
        if key not in config:
            raise CheckpointError(f"{path} has no {key!r}.")
        if not isinstance(config[key], kind) or isinstance(config[key], bool):
            raise CheckpointError(f"{path}: {key!r} must be {what}, but is {config[key]!r:.60}.")
    if not config["name"].isidentifier():
        raise CheckpointError(f"{path}: {config['name']!r:.60} is no name of a function.")
    config["records"] = _records(config["records"], path)
    return config


def _records(found: Mapping[str, Any], path: Path) -> list[Numbers]:
    records: list[Numbers] = []
    for number in range(len(found)):  # the order in the file means nothing
        if str(number) not in found:
            names = ", ".join(sorted(found, key=lambda key: (len(key), key))[:10])
            raise CheckpointError(
                f"{path}: records must be numbered from 0 without gaps, but {number} is missing; "
                f"there are {names}."
            )
        where = f"{path}, record {number}"
        record = found[str(number)]
        if not isinstance(record, dict):
            raise CheckpointError(f"{where} must be an object, but is {record!r:.60}.")
        records.append(
            {name: checked(saved, f"{where}, {name!r}") for name, saved in record.items()}
        )
    return records


def _ranked(module: Module) -> list[Policy]:
    """Best first. The order that was read stays until something happens to the scripts."""
    policies = list(module.population.policies)
    trackers = [tracker for policy in policies for tracker in policy.trackers.values()]
    if all(isinstance(each, SavedTracker) and each.saved is not None for each in trackers):
        return policies
    policies.sort(key=lambda policy: (policy.rank, policy.weight), reverse=True)
    best = module.best
    others = [policy for policy in policies if policy is not best]
    return others if best is None else [best, *others]


def _trackers(policy: Policy) -> Numbers:
    found = {name: numbers(tracker) for name, tracker in policy.trackers.items()}
    return {name: each for name, each in found.items() if each}
