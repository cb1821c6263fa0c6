"""Hooks: the callbacks of a run are called, saved and brought back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langprop.errors import CheckpointError

if TYPE_CHECKING:
    from langprop.callbacks.base import Callback
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer

_LAST = ("on_exception", "on_fit_end")
"""Hooks that all callbacks are to be told of, since they may have to close something."""


def call_hooks(trainer: Trainer, hook: str, module: Module, *args: Any) -> None:
    """Call a hook of all callbacks; what one raises ends the others' turn, but not at the end."""
    failed: BaseException | None = None
    for callback in list(trainer.callbacks):
        try:
            getattr(callback, hook)(trainer, module, *args)
        except BaseException as error:
            if hook not in _LAST:
                raise
            failed = failed or error
    if failed is not None:
        raise failed


def states_of(callbacks: Sequence[Callback]) -> list[dict[str, Any]]:
    """What the callbacks depend on, as JSON data; of those that do.

    Raises:
        CheckpointError: A state can't be told, or isn't JSON data.
    """
    found = []
    for callback in callbacks:
        name = type(callback).__name__
        try:
            state = callback.state_dict()
            json.dumps(state)
        except Exception as error:  # of the user's own code
            raise CheckpointError(
                f"the state of the callback {name} can't be saved: {type(error).__name__}: "
                f"{error}. state_dict must return JSON data."
            ) from error
        if state:
            found.append({"name": name, "state": state})
    return found


def restore_states(callbacks: Sequence[Callback], saved: Sequence[Mapping[str, Any]]) -> None:
    """Give each callback the state that one of its class had, in their order.

    Raises:
        CheckpointError: Some were there that aren't now, or the other way round.
    """
    waiting, matched = list(callbacks), []
    for each in saved:
        found = next((one for one in waiting if type(one).__name__ == each["name"]), None)
        if found is not None:
            waiting.remove(found)
            matched.append((found, each["state"]))
    if len(matched) < len(saved) or any(callback.state_dict() for callback in waiting):
        before = ", ".join(each["name"] for each in saved) or "none"
        now = ", ".join(type(one).__name__ for one in callbacks if one.state_dict()) or "none"
        raise CheckpointError(
            f"the run had the callbacks {before}, but now there are {now}: "
            "resume it with those that it was begun with."
        )
    for callback, state in matched:
        callback.load_state_dict(state)
