"""Drivers: what a name on the command line stands for, and the agent that it becomes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from langprop.driving.agents.agent import Agent, ScriptAgent
from langprop.driving.agents.expert import ExpertAgent
from langprop.driving.learning.stub import ENTRY_POINT, driving_stub
from langprop.driving.row import Extents
from langprop.errors import CheckpointError, ConfigError
from langprop.scripts.script import Script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langprop.executors.base import Executor

EXPERT = "expert"

BASELINES = {
    "follower": "follows the route at a constant speed, whatever is there",
    "copycat": "goes on with what it does; never starts",
}
"""Policies that come with the package, by name."""

_MOST = 1 << 20  # bytes of a policy's file
_MOST_QUOTED = 300  # characters of a path in a message


@dataclass(frozen=True)
class Driver:
    """Who drives: the expert, or a script.

    Attributes:
        name: For tables.
        source: The script; "" for the expert.
        extents: Sizes in its scenes.
        stop_memory: Whether a stop sign is gone once it has stopped for it.
        origin: Where it comes from.
        presumed: Whether nothing there tells what it was shown while it was trained, though it may
            well have been something else.
    """

    name: str
    source: str = ""
    extents: Extents = "full"
    stop_memory: bool = True
    origin: str = ""
    presumed: bool = False

    def agent(self, executor: Executor) -> Agent:
        """The agent that drives.

        Args:
            executor: Where its script runs.
        """
        if not self.source:
            return ExpertAgent(self.name)
        return ScriptAgent(
            Script(self.source, ENTRY_POINT, origin=self.name, id="driver"),
            executor,
            name=self.name,
            extents=self.extents,
            stop_memory=self.stop_memory,
        )


def read_driver(text: str) -> Driver:
    """The driver that a text on the command line means.

    Args:
        text: "expert"; the name of a baseline; the path of a script, of a run's folder (its best
            policy), of one of its checkpoints, or of a checkpoint's folder of the paper's code. A
            name for tables may stand before it: "NAME=PATH".

    Raises:
        ConfigError: There is nothing of that name, or it holds no driving policy.
        CheckpointError: The run or the checkpoint can't be read.
    """
    try:
        return _read(text)
    except OSError as error:  # too long a name, or a folder that can't be looked into
        raise ConfigError(f"{_quoted(text)} can't be read: {error.strerror or error}.") from error


def _read(text: str) -> Driver:
    name, equals, what = text.partition("=")
    if "\n" in text.strip() and not os.path.exists(text):  # noqa: PTH110 - False if it is too long
        raise ConfigError(
            f"a policy's path is needed, but got its text, {_quoted(text)}: write it into a file, "
            "and name that."
        )
    if not equals or Path(text).exists():
        name, what = "", text
    if what == EXPERT:
        driver = Driver(EXPERT)
    elif what in BASELINES:
        file = resources.files("langprop.driving.agents.policies") / f"{what}.py"
        driver = Driver(what, file.read_text(encoding="utf-8"))
    else:
        driver = _from_path(Path(what))
    return replace(driver, name=name.strip() or driver.name)


def read_drivers(texts: Sequence[str]) -> list[Driver]:
    """The drivers that texts on the command line mean; equal names get numbers.

    Raises:
        ConfigError: There is nothing of a name, or nothing at all.
        CheckpointError: A run or a checkpoint can't be read.
    """
    drivers: list[Driver] = []
    for text in texts:
        driver = read_driver(text)
        taken = {each.name for each in drivers}
        name, number = driver.name, 2
        while name in taken:
            name, number = f"{driver.name} ({number})", number + 1
        drivers.append(replace(driver, name=name))
    if not drivers:
        raise ConfigError(
            f"name who drives: {EXPERT}, {', '.join(BASELINES)}, a policy's file or a run's folder."
        )
    return drivers


def _quoted(text: str) -> str:
    first, *more = text.strip().splitlines() or [""]
    return repr(f"{first[:_MOST_QUOTED]} …" if more or len(first) > _MOST_QUOTED else first)


def _from_path(path: Path) -> Driver:
    if path.is_dir():
        return _from_reference(path) if _is_reference(path) else _from_run(path)
    if path.suffix == ".json":
        return _from_run(path)
    if not path.exists():
        raise ConfigError(
            f"there is no policy {_quoted(str(path))}: write {EXPERT}, {', '.join(BASELINES)}, or "
            "the path of a script, of a run's folder, or of a checkpoint of the paper's code."
        )
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
        if len(data) > _MOST:
            raise ConfigError(f"{path} is too large for a policy: more than {_MOST >> 20} MiB.")
        source = data.decode()
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is no text: a policy is a Python file in UTF-8.") from error
    if not source.strip():
        raise ConfigError(f"{path} is empty: a policy defines {ENTRY_POINT}(scene_info).")
    extents, memory = _shown_in_run(path)
    return Driver(_name(path), source, extents, stop_memory=memory, origin=str(path))


def _name(path: Path) -> str:
    """What a path is called in tables: of `.` the folder's own name, and `v1.2` keeps its dot."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 - a link keeps its name
    return (path.name if path.is_dir() else path.stem) or str(path)


def _is_reference(path: Path) -> bool:
    """Whether a folder is a checkpoint of the paper's code: itself, or one function's in it."""
    found = any((folder / "record_0.txt").exists() for folder in (path, path / ENTRY_POINT))
    return found or any(path.glob("*/record_0.txt"))


def _from_reference(path: Path) -> Driver:
    from langprop.modules.reference import Reference

    reference = Reference.read(path, ENTRY_POINT)
    if not reference.scripts:
        raise CheckpointError(f"{path} holds no script.")
    _check_name(reference.name, path)
    return Driver(
        _name(path),
        reference.scripts[0],
        "half",
        stop_memory=False,
        origin=str(path),
        presumed=True,
    )


def _from_run(path: Path) -> Driver:
    from langprop.modules.bundle import bundle
    from langprop.trainer.loaded import load

    module = load(path)
    _check_name(module.entry_point, path)
    source = bundle(module.linked(module.trained()))
    extents, memory = _shown(module.stub)
    return Driver(_name(path), source, extents, stop_memory=memory, origin=str(path))


def _shown_in_run(path: Path) -> tuple[Extents, bool]:
    """Extents and memory of the run in whose folder a script lies; the usual ones without a run.

    Raises:
        ConfigError: There is a run, but it can't be read.
    """
    from langprop.trainer.run_dir import CHECKPOINT

    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 - as it was named
    run = folder.parent if folder.name == "scripts" else folder
    if (run == folder and path.name != "best.py") or not (run / CHECKPOINT).exists():
        return "full", True
    try:  # as little of the checkpoint as is needed: the script may have been edited since
        stub = json.loads((run / CHECKPOINT).read_text(encoding="utf-8"))["stub"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"what {path} was shown stands in {run / CHECKPOINT}, which can't be read: copy the "
            "script into another folder, and say it with --extents and --stop-memory."
        ) from error
    return _shown(str(stub))


def _shown(stub: str) -> tuple[Extents, bool]:
    """Extents and memory by the stub, which is all that a run keeps of them."""
    every: tuple[tuple[Extents, bool], ...]
    every = ("full", True), ("full", False), ("half", True), ("half", False)
    for extents, memory in every:
        if stub.strip() == driving_stub(extents, stop_memory=memory).strip():
            return extents, memory
    return "full", True


def _check_name(name: str, path: Path) -> None:
    if name != ENTRY_POINT:
        raise ConfigError(f"{path} holds no driving policy: its function is {name}.")
