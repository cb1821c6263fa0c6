"""LambdaCallback: hooks from plain functions."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from langprop.callbacks.base import HOOKS, Callback
from langprop.errors import ConfigError


class LambdaCallback(Callback):
    """Hooks from plain functions.

        LambdaCallback(on_train_batch_end=lambda trainer, module: print(trainer.metrics))

    Args:
        **hooks: Functions by the name of the hook: of the trainer and the module, and for
            `on_exception` of the error, too.

    Raises:
        ConfigError: There is no hook of that name, or what is given can't be called.
    """

    def __init__(self, **hooks: Callable[..., Any]) -> None:
        for name, function in hooks.items():
            if name not in HOOKS:
                near = difflib.get_close_matches(name, HOOKS, n=1, cutoff=0.5)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise ConfigError(
                    f"there is no hook {name!r}: {hint}The hooks are {', '.join(HOOKS)}."
                )
            if not callable(function):
                raise ConfigError(
                    f"{name} must be a function such as lambda trainer, module: …, but got "
                    f"{function!r}."
                )
            setattr(self, name, function)
