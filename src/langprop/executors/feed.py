"""Feed: gives a script's process one sample at a time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

from langprop.sandbox import linux
from langprop.sandbox.inputs import Encoded, pack_inputs
from langprop.sandbox.stream import SIZE


class Feed:
    """Gives a script's process one sample at a time, so that it can't know the next ones.

    The samples go through one piece of memory, in which each replaces the one before.

    Args:
        blobs: All samples.
        todo: Numbers of those that shall be run, in order.

    Attributes:
        source: Where the process is told the size of the next sample; -1 once handed over.
        memory: Where the sample is.
    """

    def __init__(self, blobs: Sequence[Encoded], todo: Sequence[int]) -> None:
        self._blobs = blobs
        self._waiting = iter(todo)
        self._current: int | None = None
        self.memory = linux.memfd()
        try:
            self.source, self._sink = os.pipe()
        except OSError:
            os.close(self.memory)
            raise
        self._next()

    def answered(self, number: int) -> None:
        """The answer to a sample has come. If it's the current one, the next one may be seen."""
        if number == self._current:
            self._next()

    def handed_over(self) -> None:
        """The process has its end of the pipe now."""
        os.close(self.source)
        self.source = -1

    def close(self) -> None:
        """Let go of everything."""
        for fd in (self.source, self._sink, self.memory):
            if fd >= 0:
                os.close(fd)

    def _next(self) -> None:
        self._current = next(self._waiting, None)
        if self._current is None:
            return
        size = 0
        for part in pack_inputs([self._blobs[self._current]]):
            size = linux.write_at(self.memory, part, size)
        with contextlib.suppress(BrokenPipeError):  # the process has gone
            os.write(self._sink, SIZE.pack(size))
