"""Which optimizer and which executor is meant."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from langprop.errors import ConfigError, UnknownName
from langprop.executors.base import Executor
from langprop.llms.base import LLM
from langprop.optim.optimizer import Optimizer
from langprop.registry import names, resolve
from langprop.sandbox.isolation import MODES


def as_optimizer(
    optimizer: Optimizer | LLM | Callable[..., Any] | str, **settings: Any
) -> Optimizer:
    """The optimizer that an object or a short name stands for.

    Args:
        optimizer: An `Optimizer`; "mutation" or another name of one; or an LLM, by itself, as a
            function or by name.
        settings: Keyword arguments of an optimizer that is made here.

    Raises:
        UnknownName: There is neither an optimizer nor an LLM of that name.
        ConfigError: Settings are given for an optimizer that is made already.
    """
    if isinstance(optimizer, Optimizer):
        if settings:
            raise ConfigError(
                f"{', '.join(settings)}: give these to {type(optimizer).__name__} itself."
            )
        return optimizer
    if isinstance(optimizer, str):
        name = optimizer.partition(":")[0]
        if name not in names("llm"):
            try:
                made = resolve("optimizer", optimizer, **settings)
            except UnknownName as error:
                near = difflib.get_close_matches(name, names("llm"), n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise UnknownName(f"{error} Models: {hint}{', '.join(names('llm'))}.") from error
            if (isinstance(made, LLM) or callable(made)) and not settings:  # a model of one's own
                return as_optimizer(made)
            if not isinstance(made, Optimizer):
                raise ConfigError(f"{optimizer!r} is a {type(made).__name__}, not an Optimizer.")
            return made
    from langprop.optim.llm import LLMOptimizer  # needs jinja2

    return LLMOptimizer(optimizer, **settings)


def executor_name(executor: Executor | str | None, isolation: str) -> str:
    """Name of the executor that is to be made, if none is given.

    Raises:
        ConfigError: There is no such isolation, or it doesn't go with the executor.
    """
    if isolation not in MODES:
        raise ConfigError(f"isolation must be one of {', '.join(MODES)}, but got {isolation!r}.")
    if isolation == "auto" or executor is None:
        name = executor if isinstance(executor, str) else "local"
        return "inline" if isolation == "none" else name
    if isinstance(executor, str) and (executor == "inline") == (isolation == "none"):
        return executor
    given = executor if isinstance(executor, str) else type(executor).__name__
    raise ConfigError(
        f"isolation={isolation!r} doesn't go with executor={given}: leave one of them out, or give "
        "the isolation to the executor itself."
    )
