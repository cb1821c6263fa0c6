"""Checks of a trainer's arguments, once and before anything expensive."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from langprop.errors import ConfigError
from langprop.executors.base import Executor
from langprop.llms.base import LLM
from langprop.llms.budget import Budget
from langprop.numbers import number, whole
from langprop.optim.optimizer import Optimizer
from langprop.registry import resolve
from langprop.sandbox.limits import Limits


def share(name: str, value: Any) -> int | float | None:
    """A whole number from 1 on, or a share in (0, 1]; None stays None.

    Args:
        name: Of the argument, for the message.
        value: What was given.

    Raises:
        ConfigError: It is something else.
    """
    if value is None:
        return None
    if isinstance(value, float) and 0 < value <= 1:
        return float(value)
    try:
        return whole(name, value)
    except ConfigError as error:
        raise ConfigError(
            f"{name} must be a whole number of batches, or a share of them such as 0.1, but got "
            f"{value!r}."
        ) from error


def trial_steps(given: Any) -> int:
    """The steps of a `fast_dev_run`; 0 for none.

    Raises:
        ConfigError: It is neither a number of steps nor a truth value.
    """
    return int(given) if isinstance(given, bool) else whole("fast_dev_run", given, 0)


def check_resume(how: Any) -> None:
    """See that there is such a way to resume.

    Raises:
        ConfigError: There isn't.
    """
    if not (isinstance(how, (bool, Path)) or how in ("previous", "force")):
        raise ConfigError(
            f"resume must be True, False, 'previous', 'force' or the Path of a copy of a "
            f"checkpoint, but got {how!r}."
        )


def as_objects(given: Any, kind: Any, name: str) -> list[Any]:
    """Callbacks or loggers, each an object or a short name of one.

    Args:
        given: One of them, or several.
        kind: Their class.
        name: Of the kind, in the registry and in messages.

    Raises:
        ConfigError: Something else is among them.
        UnknownName: There is none by that name.
    """
    if not isinstance(given, Iterable) or isinstance(given, (kind, str)):
        given = [] if given is None else [given]
    found = []
    for each in given:
        made = resolve(name, each) if isinstance(each, str) else each
        if not isinstance(made, kind):
            what = (
                f"the class {made.__name__}: write {made.__name__}(…)"
                if isinstance(made, type)
                else f"{made!r}"
            )
            raise ConfigError(f"{name}s must hold {kind.__name__} objects, but got {what}.")
        found.append(made)
    return found


def check_span(max_time: Any) -> float | None:
    """A time that can be meant [s]; None stays None.

    Raises:
        ConfigError: It isn't a positive number.
    """
    if max_time is None:
        return None
    seconds = number("max_time", max_time)
    if not seconds > 0:
        raise ConfigError(f"max_time must be a positive number of seconds, but got {max_time!r}.")
    return seconds


def check_kinds(optimizer: Any, executor: Any, budget: Any, limits: Any, run_dir: Any) -> None:
    """See that the other arguments are of the kinds that they must be.

    Raises:
        ConfigError: One isn't.
    """
    if isinstance(optimizer, type):
        raise ConfigError(f"optimizer is the class {optimizer.__name__}: write it with (…).")
    if not (isinstance(optimizer, Optimizer | LLM | str) or callable(optimizer)):
        raise ConfigError(
            "optimizer must be an Optimizer, an LLM, a function of messages or a name such as "
            f"'mutation', but got {optimizer!r}."
        )
    if not isinstance(budget, Budget | None):
        raise ConfigError(f"budget must be one such as Budget(usd=2), but got {budget!r}.")
    if not isinstance(limits, Limits | None):
        raise ConfigError(f"limits must be such as Limits(time=10), but got {limits!r}.")
    if not isinstance(executor, Executor | str | None):
        what = f"{executor.__name__}: write it with (…)" if isinstance(executor, type) else executor
        raise ConfigError(f"executor must be an Executor or the name of one, but got {what}.")
    if not (run_dir is None or run_dir is False or isinstance(run_dir, (str, os.PathLike))):
        raise ConfigError(
            f"run_dir must be the path of a folder, None for a new one or False for none, but got "
            f"{run_dir!r}."
        )
