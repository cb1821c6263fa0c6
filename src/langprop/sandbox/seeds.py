"""Seeds: makes scripts that draw random numbers give the same answers every time."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Seeds:
    """Seeds the global generators of `random` and numpy from the number of a sample.

    An answer then depends neither on the samples before it nor on where it was computed.

    `numpy.random.default_rng()` without a seed is made to depend on it as well. What a script takes
    from the system (`os.urandom`, `secrets`, `random.Random()` without a seed, the clock) stays
    random.

    Args:
        source: The script; nothing is done if it never says "random".

    Attributes:
        used: Whether it does.
    """

    def __init__(self, source: str) -> None:
        self.used = "random" in source
        self._makes = self.used and "default_rng" in source
        self._numbers: tuple[int, int] | None = None
        self._episode: int | None = None
        self._states: dict[int, tuple[Any, Any, Any]] = {}

    def install(self) -> None:
        """Have the generators of this process, for as long as it lives."""
        if self._makes:
            self._patch()

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Have the generators of this process for a while; afterwards they are as they were."""
        if not self.used:
            yield
            return
        default_rng = self._patch() if self._makes else None
        numpy = sys.modules.get("numpy")
        own, state = random.getstate(), numpy.random.get_state() if numpy is not None else None
        try:
            yield
        finally:
            self._put_away()
            random.setstate(own)
            numpy = sys.modules.get("numpy")
            if numpy is not None and state is not None:
                numpy.random.set_state(state)
            elif numpy is not None:  # the script has imported it: nobody has seeded it yet
                numpy.random.seed()
            if numpy is not None and default_rng is not None:
                numpy.random.default_rng = default_rng

    def set(self, number: int) -> None:
        """Seed for a sample or an episode."""
        if not self.used:
            return
        random.seed(number)
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            numpy.random.seed(number & 0xFFFF_FFFF)
        self._numbers = (number & 0xFFFF_FFFF, 0)

    def switch(self, episode: int) -> None:
        """Go on with the generators of an episode, as if there were no others beside it."""
        if not self.used or episode == self._episode:
            return
        self._put_away()
        self._episode = episode
        if episode not in self._states:
            self.set(episode)
            return
        own, state, self._numbers = self._states[episode]
        random.setstate(own)
        numpy = sys.modules.get("numpy")
        if numpy is not None and state is not None:
            numpy.random.set_state(state)

    def forget(self, episode: int) -> None:
        """An episode has ended."""
        self._states.pop(episode, None)
        if self._episode == episode:
            self._episode = None

    def _put_away(self) -> None:
        """Keep the generators of the current episode, until it goes on."""
        if self._episode is None:
            return
        numpy = sys.modules.get("numpy")
        state = numpy.random.get_state() if numpy is not None else None
        self._states[self._episode] = random.getstate(), state, self._numbers
        self._episode = None

    def _patch(self) -> Callable[..., Any]:
        """Have `default_rng` take its seed from here; what it was before."""
        import numpy as np

        original: Callable[..., Any] = np.random.default_rng

        def default_rng(seed: Any = None) -> Any:
            if seed is None and self._numbers is not None:
                number, count = self._numbers
                self._numbers = (number, count + 1)  # two generators shall differ
                seed = [number, count]
            return original(seed)

        default_rng.__doc__ = original.__doc__
        np.random.default_rng = default_rng
        return original
