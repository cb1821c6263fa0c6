"""Stream: the samples of a batch as a script's process gets them one by one."""

from __future__ import annotations

import os
import struct

from langprop.sandbox.inputs import Call, read_copy

SIZE = struct.Struct("<Q")
"""What announces a sample: its size [bytes]."""


class Stream:
    """The samples of a batch, each of which comes when the one before has been answered.

    Args:
        source: Pipe that tells the size of the next sample.
        memory: Memory file in which it is.
    """

    def __init__(self, source: int, memory: int) -> None:
        self._source = source
        self._memory = memory

    def __getitem__(self, index: int) -> Call:
        """Wait for the next sample, whichever number it has.

        Raises:
            EOFError: The trusted side has gone.
        """
        del index
        announced = os.read(self._source, SIZE.size)
        if len(announced) < SIZE.size:
            raise EOFError
        (size,) = SIZE.unpack(announced)
        parts = []
        place = 0
        while place < size:
            parts.append(os.pread(self._memory, size - place, place))
            place += len(parts[-1])
        return read_copy(b"".join(parts))
