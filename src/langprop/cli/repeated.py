"""Repeated: whether a run that was taken again came to the same, or where it first differs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from langprop.errors import CheckpointError
from langprop.trainer.run_dir import RunDir

_OF_THE_CLOCK = ("seconds", "evaluations_per_second", "evaluations", "epoch", "time")


def state_hash(module: Mapping[str, Any]) -> str:
    """Hash of a module's state: scripts, trackers, validations and generators."""
    text = json.dumps(module, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def verdict(first: RunDir, second: RunDir) -> tuple[bool, str]:
    """Compare a run with its replay.

    Args:
        first: The run.
        second: The replay, which was stopped at the same step.

    Returns:
        Whether they came to the same, and that in words.

    Raises:
        CheckpointError: One of them can't be read.
    """
    state, _ = first.read()
    # The last step was saved twice: before the validation at the end and after it. A run that was
    # killed may hold either.
    ends = [_module(second), _module(second, previous=True)]
    hashes = [state_hash(end) for end in ends if end is not None]
    own = state_hash(state["module"])
    step, policies = state.get("step"), len(state["module"]["population"]["policies"])
    if own in hashes:
        return True, f"identical: step {step}, {policies} policies, state {own[:16]}"
    before = _module(first, previous=True)
    broken_off = str(state.get("stopped", "")).startswith(("max_time", "budget", "time"))
    if broken_off and before is not None and state_hash(before) in hashes:
        return True, (
            f"identical after step {step}. The step after it was broken off "
            f"({state['stopped']}), which depends on the clock and isn't repeated."
        )
    return False, first_difference(first, second) or _of_states(state["module"], ends[0] or {})


def first_difference(first: RunDir, second: RunDir) -> str:
    """The first step whose figures differ, in words; "" if those of all steps are the same."""
    ours, theirs = first.by_step(), second.by_step()
    for step, line in ours.items():
        again = theirs.get(step)
        if again is None:
            return f"the replay ended before step {step}"
        for name in sorted({*line, *again}):
            if name in _OF_THE_CLOCK or name.startswith("cost/"):
                continue
            then, now = line.get(name), again.get(name)
            if then != now:
                return f"first difference in step {step}: {name} was {then}, and is {now} now"
    return ""


def _of_states(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """What differs between two states whose figures are the same."""
    ours, theirs = _policies(first), _policies(second)
    if list(ours) != list(theirs):
        gone = [name for name in ours if name not in theirs]
        new = [name for name in theirs if name not in ours]
        if not gone and not new:
            return "the figures of all steps are equal, but the policies rank otherwise at the end"
        return (
            "the figures of all steps are equal, but not the policies at the end: "
            f"{', '.join(gone) or 'none'} gone, {', '.join(new) or 'none'} new"
        )
    for name, policy in ours.items():
        for key in policy:
            if key not in ("val_score", "val_scores") and policy[key] != theirs[name].get(key):
                return f"the figures of all steps are equal, but {key} of policy {name} isn't"
    return (
        "the policies are equal in scripts and priorities, but not in what was validated: a run "
        "that was resumed with other limits has validated in other steps"
    )


def _policies(module: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    population = module.get("population", {})
    return {policy["id"]: policy for policy in population.get("policies", ())}


def _module(folder: RunDir, *, previous: bool = False) -> Mapping[str, Any] | None:
    """State of the module in a checkpoint; None if there is no checkpoint before the last."""
    try:
        found: Mapping[str, Any] = folder.read(previous=previous)[0]["module"]
    except CheckpointError:
        if previous:
            return None
        raise
    return found
