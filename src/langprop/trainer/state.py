"""The state of a run: all that the next step depends on, and nothing that depends on the clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langprop.errors import CheckpointError, LangPropError

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer


def state_of(trainer: Trainer, module: Module) -> dict[str, Any]:
    """Everything that the next step depends on, as JSON data, without the sources.

    A run that was killed and resumed has the same state as one that wasn't: times aren't in it.
    """
    return {
        "epoch": trainer.epoch,
        "step": trainer.step,
        "batch": trainer.batch,
        "began": trainer.began,
        "validated": trainer.validated,
        "stopped": trainer.stopped,
        "metrics": trainer.metrics,
        "evaluations": trainer.evaluations,
        "data": trainer.epoch_data,
        "optimizer": trainer.optimizer.state_dict(),
        "callbacks": [
            {"name": type(callback).__name__, "state": state}
            for callback in trainer.callbacks
            if (state := callback.state_dict())
        ],
        "stub": module.stub,
        "module": module.state_dict(),
    }


def restore(
    trainer: Trainer, module: Module, state: Mapping[str, Any], sources: Mapping[str, str]
) -> None:
    """Bring a trainer, its optimizer, its callbacks and a module back to a saved state.

    Args:
        trainer: Made with the settings of the run.
        module: The module of the run.
        state: From `state_of`.
        sources: Source of each script that the state names, by id.

    Raises:
        CheckpointError: It is the state of another module, or of another optimizer; or it can't be
            read.
    """
    name, stub = state["module"]["entry_point"], state["stub"]
    if (name, stub) != (module.entry_point, module.stub):
        what = f"of {name!r}" if name != module.entry_point else "of another stub"
        raise CheckpointError(
            f"the run is {what}, not the one that is to be trained ({module.entry_point!r}): "
            "resume it with the module that it was begun with."
        )
    try:
        trainer.epoch, trainer.step, trainer.batch = state["epoch"], state["step"], state["batch"]
        trainer.began, trainer.epoch_data = dict(state["began"]), state["data"]
        # A limit may have been raised since; if it wasn't, it will be reached again at once.
        limit = state["stopped"].startswith(("max_", "budget", "interrupted"))
        trainer.stopped = "" if limit else state["stopped"]
        trainer.metrics, trainer.validated = dict(state["metrics"]), state["validated"]
        trainer.optimizer.load_state_dict(state["optimizer"])
        module.load_state_dict(state["module"], sources)
        _restore_callbacks(trainer, state["callbacks"])
    except LangPropError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"the checkpoint doesn't go with this trainer ({type(error).__name__}: {error}): "
            "resume it with the version, the optimizer and the callbacks that it was begun with."
        ) from error


def _restore_callbacks(trainer: Trainer, saved: list[dict[str, Any]]) -> None:
    waiting = [callback for callback in trainer.callbacks if callback.state_dict()]
    names = [type(callback).__name__ for callback in waiting]
    if names != [each["name"] for each in saved]:
        before = ", ".join(each["name"] for each in saved) or "none"
        raise CheckpointError(
            f"the run had the callbacks {before}, but now there are {', '.join(names) or 'none'}: "
            "resume it with those that it was begun with."
        )
    for callback, each in zip(waiting, saved, strict=True):
        callback.load_state_dict(each["state"])
