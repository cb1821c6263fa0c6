"""OwnRandom: an environment whose draws from the global generators depend on its seed alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_State = tuple[Any, Any]


class OwnRandom:
    """An environment that draws from `random` or from numpy's global generator.

    Episodes advance in turns, so that such environments would draw from one another's numbers. Here
    each has states of its own for both, seeded with the seed of the reset, and leaves the global
    ones as they were. That takes some ten microseconds in each step.

    Args:
        env: The environment; all but `reset` and `step` is as it has it.
    """

    def __init__(self, env: Any) -> None:
        self._env = env
        self._state: _State | None = None

    def reset(self, *, seed: int) -> Any:
        """Reset it."""
        self._state = None
        with self._borrowed(seed):
            return self._env.reset(seed=seed)

    def step(self, action: Any) -> Any:
        """Step it."""
        with self._borrowed():
            return self._env.step(action)

    def __getattr__(self, name: str) -> Any:
        if name == "_env":  # a copy that isn't restored yet
            raise AttributeError(name)
        return getattr(self._env, name)

    @contextmanager
    def _borrowed(self, seed: int = 0) -> Iterator[None]:
        """The global generators, in the states that this environment left them in."""
        others = global_state()
        if self._state is None:
            random.seed(seed)
            np.random.seed(seed & 0xFFFF_FFFF)  # noqa: NPY002 - the global one is meant
        else:
            restore(self._state)
        try:
            yield
        finally:
            self._state = global_state()
            restore(others)


def global_state() -> _State:
    """States of `random` and of numpy's global generator; equal ones compare as equal."""
    state: Any = np.random.get_state()  # noqa: NPY002 - the global one is meant
    kind, keys, *rest = state
    return random.getstate(), (kind, keys.tobytes(), *rest)


def restore(state: _State) -> None:
    """Bring both back to where they were."""
    own, (kind, keys, *rest) = state
    random.setstate(own)
    np.random.set_state((kind, np.frombuffer(keys, np.uint32), *rest))  # noqa: NPY002
