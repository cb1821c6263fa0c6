"""Watch: tells whoever waits for an evaluation how it goes."""

from __future__ import annotations

import time
from collections.abc import Callable

INTERVAL = 0.05
"""Between looks while scripts are on their way [s]."""


class Watch:
    """Tells whoever waits for an evaluation how it goes; what they raise ends it.

    A script may take minutes for all of its samples, so they are asked in between, too.

    Args:
        tell: Called with the number of samples that were judged.
    """

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._next = time.perf_counter() + INTERVAL

    def judged(self, count: int) -> None:
        """A script is done, with so many samples."""
        self._tell(count)

    def look(self) -> None:
        """Nothing is done yet: tell so, at most every 50 ms."""
        now = time.perf_counter()
        if now >= self._next:
            self._next = now + INTERVAL
            self._tell(0)
