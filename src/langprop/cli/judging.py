"""Judging: the scripts of a run on data, isolated; for `validate`, `test` and `export --test`."""

from __future__ import annotations

import argparse
import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, get_args

from langprop.cli.again import Again, every_sample
from langprop.errors import ConfigError
from langprop.evaluation import Batch, evaluate
from langprop.executors.base import Executor
from langprop.modules.module import Module
from langprop.registry import resolve
from langprop.sandbox.isolation import MODES
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script
from langprop.trainer.report import Report

_HELP = {
    "time": "wall time of one call [s]",
    "total": "wall time of all calls together [s]",
    "memory": "memory beyond the interpreter and the inputs [bytes]",
    "output": "size of one encoded result [bytes]",
    "printed": "characters kept of what one call prints",
    "failures": "samples that may break a limit before the rest isn't run",
}


def add_sandbox(parser: argparse.ArgumentParser, *, workers: bool = True) -> None:
    """Add the options that say where and how scripts run."""
    group = parser.add_argument_group("where scripts run")
    group.add_argument(
        "--isolation",
        choices=MODES,
        default="auto",
        help="what keeps scripts in: auto (the default), sealed, bwrap, process, none",
    )
    if workers:
        group.add_argument("--workers", type=int, help="scripts that run side by side")
    group.add_argument(
        "--packages",
        type=_names,
        metavar="NAME,…",
        help="what scripts may import beside the standard library; by default as in the run",
    )
    kinds = typing.get_type_hints(Limits)
    for field in fields(Limits):
        kind, *_ = get_args(kinds[field.name]) or (kinds[field.name],)  # without "or None"
        group.add_argument(
            f"--limits.{field.name}",
            type=kind,
            metavar="N",
            help=f"{_HELP.get(field.name, field.name)}; by default as in the run",
        )


def add_data(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the options that name the module and the data.

    Args:
        parser: Of a command.
        what: The kind of data.
    """
    parser.add_argument(
        "--data",
        metavar="DATA",
        help=f"file (.csv, .jsonl, .parquet, .npz, …) or FILE.py:NAME of the {what} data; by "
        "default what the run was begun with",
    )
    parser.add_argument(
        "--module",
        metavar="FILE.py:NAME",
        help="the Module, for a run that was begun from Python",
    )
    parser.add_argument("--label_column", metavar="NAME", help="column of the label in a file")
    parser.add_argument(
        "--ignore", type=_names, default=(), metavar="NAME,…", help="columns that are left out"
    )
    parser.add_argument("--samples", type=_positive, metavar="N", help="only the first N samples")


def limits_of(settings: argparse.Namespace, again: Again, **fixed: Any) -> Limits:
    """The limits of a run, unless options say otherwise.

    Args:
        settings: With what `add_sandbox` added.
        again: The run.
        fixed: Limits that are set in any case.

    Raises:
        ConfigError: One is out of range.
    """
    kept = again.config.get("limits")
    names = [field.name for field in fields(Limits)]
    values = {n: kept[n] for n in names if n in kept} if isinstance(kept, Mapping) else {}
    for name in names:
        given = getattr(settings, f"limits.{name}")
        if given is not None:
            values[name] = given
    try:
        return Limits(**{**values, **fixed})
    except (ValueError, TypeError) as error:
        raise ConfigError(str(error)) from error


def executor_of(settings: argparse.Namespace, again: Again) -> Executor:
    """Where scripts run; close it.

    Raises:
        IsolationError: They can't be kept in as was asked for.
        ConfigError: There is no such package, or a number is out of range.
    """
    if settings.isolation == "none":
        inline: Executor = resolve("executor", "inline")
        return inline
    packages = settings.packages if settings.packages is not None else again.packages()
    given = {} if packages is None else {"packages": packages}
    try:
        local: Executor = resolve(
            "executor",
            "local",
            workers=getattr(settings, "workers", None),
            isolation=settings.isolation,
            **given,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from error
    try:
        _ = local.isolation  # before anything is read or run
    except BaseException:
        local.close()
        raise
    return local


def read_batch(
    settings: argparse.Namespace, again: Again, module: Module, split: str
) -> tuple[Batch, str]:
    """The data that is named, and the name that it goes by.

    Raises:
        DataError: There is none, or it can't be read.
        ConfigError: There is nothing by that import string.
    """
    data, name = again.data(
        module,
        split,
        settings.data,
        label_column=settings.label_column,
        ignore=settings.ignore,
    )
    return Batch.read(module, every_sample(data, settings.samples)), name


def judge(
    module: Module, scripts: Sequence[Script], batch: Batch, executor: Executor, limits: Limits
) -> list[Report]:
    """How scripts do on samples, in their order."""
    records = evaluate(module, scripts, batch, executor, limits)
    return [Report(script.id, records[script.id]) for script in scripts]


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, but got {number}")
    return number
