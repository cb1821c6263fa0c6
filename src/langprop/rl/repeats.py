"""Repeats: whether an environment shows the same again for the same seed."""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from langprop.rl.observations import Arguments
from langprop.rl.own_random import OwnRandom, global_state, restore
from langprop.sandbox.wire import encode

_STEPS = 20
_TIME = 1.0  # [s] after which a slow environment is looked at no longer


class Repeats(NamedTuple):
    """Whether an environment shows the same again for the same seed.

    Attributes:
        draws: It draws from `random` or from numpy's global generator.
        keeps: It shows something else after a reset than when it is new.
        unsteady: It shows something else each time, new or not.
    """

    draws: bool = False
    keeps: bool = False
    unsteady: bool = False


def examine(env: Any, fresh: Callable[[], Any] | None, arguments: Arguments) -> Repeats:
    """Play the beginning of the same episode again.

    Args:
        env: One that wasn't used.
        fresh: Makes another one, which is closed again. None if there can't be another one: then
            what differs counts as kept.
        arguments: Turns observations into arguments of the policy.

    Returns:
        What was found; nothing, if the environment raises, which is told when it is used.
    """
    before = global_state()
    try:
        first = beginning(env, arguments)
        draws = global_state() != before
        if draws:
            env = OwnRandom(env)
            first = beginning(env, arguments)
        again = beginning(env, arguments)
        if _same(first, again):
            return Repeats(draws)
        if fresh is None:
            return Repeats(draws, keeps=True)
        other = fresh()
        try:
            new = beginning(OwnRandom(other) if draws else other, arguments)
        finally:
            other.close()
        keeps = _same(first, new)
        return Repeats(draws, keeps=keeps, unsteady=not keeps)
    except Exception:
        return Repeats()
    finally:
        restore(before)


def beginning(env: Any, arguments: Arguments, seconds: float = _TIME) -> list[bytes]:
    """What an environment shows in the first steps of an episode with random actions.

    Args:
        env: The environment.
        arguments: Turns observations into arguments of the policy.
        seconds: How long to go on, at the most.

    Returns:
        A digest of each reset and step.

    Raises:
        Exception: The environment's own.
    """
    end = time.perf_counter() + seconds
    space = copy.deepcopy(env.action_space)
    space.seed(0)
    seen = [_digest(list(arguments(env.reset(seed=0)[0])))]
    for _ in range(_STEPS):
        observation, reward, over, truncated, _ = env.step(space.sample())
        seen.append(
            _digest([list(arguments(observation)), float(reward), bool(over), bool(truncated)])
        )
        if over or truncated or time.perf_counter() > end:
            break
    return seen


def _digest(shown: list[Any]) -> bytes:
    return hashlib.sha256(encode(shown)).digest()


def _same(one: list[bytes], other: list[bytes]) -> bool:
    """Whether they are the same as far as both go: slow environments are left early."""
    return all(a == b for a, b in zip(one, other, strict=False))
