"""`langprop replay`: take a run again from its recording, and see whether it comes to the same."""

from __future__ import annotations

import argparse
import inspect
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langprop.cli.again import Again
from langprop.cli.repeated import first_difference, verdict
from langprop.errors import ConfigError, LangPropError, NotRecorded, UnknownName
from langprop.llms.base import LLM
from langprop.optim.optimizer import Optimizer
from langprop.registry import import_string, load, names
from langprop.trainer.run_dir import RunDir
from langprop.trainer.trainer import Trainer


def run(argv: Sequence[str]) -> int:
    """Take a run again.

    Returns:
        0 if it came to the same, else 1.
    """
    made = argparse.ArgumentParser(
        prog="langprop replay",
        description="Take a run again, with the replies that a model gave then, and tell whether "
        "the population is the same at the end, or where it first differs. Asks no model. This "
        "imports the module that the run was made with.",
        allow_abbrev=False,
    )
    made.add_argument("run", metavar="RUN", help="the run's folder")
    made.add_argument(
        "--into", metavar="FOLDER", help="where the new run is kept; by default nowhere"
    )
    made.add_argument("--module", metavar="FILE.py:NAME", help="the Module, if it has moved")
    settings = made.parse_args(list(argv))
    again = Again.of(settings.run)
    if again.fit is None:
        raise ConfigError(
            f"{again.name} was begun from Python, and holds no settings of langprop fit: take it "
            f"again with Trainer('replay:{again.name}', …) and everything else as it was."
        )
    if settings.into is not None:
        return _compare(again, Path(settings.into), settings.module, kept=True)
    with tempfile.TemporaryDirectory(prefix="langprop-replay-") as folder:
        return _compare(again, Path(folder) / "run", settings.module, kept=False)


def _compare(again: Again, into: Path, spec: str | None, *, kept: bool) -> int:
    module = again.untrained(spec)
    if again.stub_changed(module):
        print("note: the module's stub has changed since the run was made.", file=sys.stderr)
    data = {
        split: again.data(module, split)[0] if (again.fit or {}).get(split) is not None else None
        for split in ("train", "val")
    }
    trainer = _trainer(again, into)
    try:
        trainer.fit(module, data["train"], data["val"])
    except NotRecorded as error:
        where = first_difference(again.folder, RunDir(into)) if RunDir(into).holds_run else ""
        print(f"not the same. {where}{'; then ' if where else ''}{error}")
        return 1
    if trainer.interrupted:
        raise KeyboardInterrupt
    same, words = verdict(again.folder, RunDir(into))
    print(words if same else f"not the same: {words}")
    if kept:
        print(f"the replay is in {into}")
    elif not same:
        print("Keep the replay with --into FOLDER, and compare with langprop show.")
    return 0 if same else 1


def _trainer(again: Again, into: Path) -> Trainer:
    """The trainer of the run, with the recording as its model.

    It stops at the run's last step, whatever ended the run; loggers, and callbacks of LangProp
    itself, which write or show things, are left out.

    Raises:
        ConfigError: The settings can't be used.
        CheckpointError: A model was asked, but there is no recording.
    """
    from langprop.cli import fit

    taken = inspect.signature(Trainer).parameters
    given = {name: value for name, value in (again.fit or {}).items() if name in taken}
    steps = int(again.folder.read()[0].get("step", 0))
    # Without a step, the run has only its first scripts: time that is over ends it after these.
    end = {"max_steps": steps, "max_time": None} if steps else {"max_steps": 1, "max_time": 1e-9}
    given.update(end, max_epochs=None, progress=False, run_dir=str(into))
    given.pop("loggers", None)
    given["callbacks"] = [each for each in given.get("callbacks") or () if _is_own(each)]
    if isinstance(given.get("budget"), Mapping):
        given["budget"] = {**given["budget"], "seconds": None}
    if given.get("optimizer") is not None:
        given["optimizer"] = replayed(given["optimizer"], again.folder.path)
    made = fit.parser()
    try:
        ready = made.instantiate(made.parse_object(given))
        return Trainer(**{name: value for name, value in ready.items() if name in taken})
    except LangPropError:
        raise
    except ValueError as error:
        raise ConfigError(str(error)) from error


def replayed(optimizer: Any, folder: Path) -> Any:
    """Settings of an optimizer, with the recording of a run in the place of its model.

    Args:
        optimizer: As `fit.yaml` has them: a name, or a mapping with `class_path` and `init_args`.
        folder: Of the run.
    """
    recording = f"replay:{folder}"
    if isinstance(optimizer, str):
        kind, colon, _ = optimizer.partition(":")
        if kind in names("llm"):
            return recording
        if kind in names("optimizer"):
            asks = _takes_model(load(import_string("optimizer", kind)))
            return f"{kind}:{recording}" if colon and asks else optimizer
        found = _loaded(optimizer)
        is_optimizer = isinstance(found, Optimizer) or (
            isinstance(found, type) and issubclass(found, Optimizer)
        )
        return optimizer if is_optimizer or found is None else recording
    if not isinstance(optimizer, Mapping):
        return optimizer
    found = _loaded(str(optimizer.get("class_path", "")))
    if isinstance(found, type) and issubclass(found, LLM):
        return recording
    arguments = optimizer.get("init_args")
    if isinstance(arguments, Mapping) and arguments.get("llm") is not None:
        return {**optimizer, "init_args": {**arguments, "llm": recording}}
    return optimizer


def _takes_model(made: Any) -> bool:
    return "llm" in inspect.signature(made).parameters


def _loaded(path: str) -> Any:
    """What a dotted path or an import string names; None if there is no such thing."""
    where, _, name = path.rpartition(":" if ":" in path else ".")
    try:
        return load(f"{where}:{name}") if where and name else None
    except (UnknownName, ImportError):
        return None


def _is_own(callback: Any) -> bool:
    """Whether a callback is the user's, so that training may depend on what it does."""
    name = callback.get("class_path", "") if isinstance(callback, Mapping) else callback
    return "." in str(name) and not str(name).startswith("langprop.")
