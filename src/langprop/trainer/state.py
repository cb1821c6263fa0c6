"""The state of a run: all that the next step depends on, and nothing that depends on the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from langprop.errors import CheckpointError, LangPropError
from langprop.trainer.hooks import restore_states, states_of

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
        "budget": asdict(trainer.budget),
        "metrics": trainer.metrics,
        "gaps": trainer.gaps,
        "began_with": trainer.began_with,
        "evaluations": trainer.evaluations,
        "data": trainer.epoch_data,
        "further": trainer.seeds.further_state,
        "optimizer": trainer.optimizer.state_dict(),
        "callbacks": states_of(trainer.callbacks),
        "stub": module.stub,
        "module": module.state_dict(),
        **({"joint": trainer.joint.state_dict()} if trainer.joint is not None else {}),
    }


def check_module(module: Module, state: Mapping[str, Any]) -> None:
    """See that a state is one of a module.

    Raises:
        CheckpointError: It is that of another module.
    """
    name, stub = state["module"]["entry_point"], state["stub"]
    if (name, stub) != (module.entry_point, module.stub):
        what = f"of {name!r}" if name != module.entry_point else "of another stub"
        raise CheckpointError(
            f"the run is {what}, not the one that is to be trained ({module.entry_point!r}): "
            "resume it with the module that it was begun with."
        )


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
        CheckpointError: It is the state of another optimizer, or can't be read.
    """
    try:
        trainer.epoch, trainer.step, trainer.batch = state["epoch"], state["step"], state["batch"]
        trainer.began, trainer.epoch_data = dict(state["began"]), state["data"]
        # A limit may have been raised since; if it wasn't, it will be reached again at once.
        limit = state["stopped"].startswith(("max_", "budget", "interrupted", "time limit"))
        spent = state["stopped"].startswith("budget") and state.get("budget") == asdict(
            trainer.budget
        )  # to try once more would only move on in the data
        trainer.stopped = "" if limit and not spent else state["stopped"]
        trainer.metrics, trainer.validated = dict(state["metrics"]), state["validated"]
        trainer.gaps = list(state.get("gaps", []))
        trainer.seeds.further_state = state.get("further")
        trainer.optimizer.load_state_dict(state["optimizer"])
        module.load_state_dict(state["module"], sources)
        _restore_joint(trainer, state.get("joint"), sources)
        restore_states(trainer.callbacks, state["callbacks"])
    except LangPropError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"the checkpoint doesn't go with this trainer ({type(error).__name__}: {error}): "
            "resume it with the version, the optimizer and the callbacks that it was begun with."
        ) from error


def _restore_joint(
    trainer: Trainer, saved: Mapping[str, Any] | None, sources: Mapping[str, str]
) -> None:
    if (saved is None) != (trainer.joint is None):
        raise CheckpointError(
            f"the run was begun with train_depends={saved is not None}: resume it with that."
        )
    if saved is not None and trainer.joint is not None:
        trainer.joint.load_state_dict(saved, sources)
