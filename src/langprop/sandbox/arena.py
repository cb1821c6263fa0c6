"""Arena: memory that two processes share, for large arrays on their way between them.

A pipe copies data four times, and each time into fresh memory. Through an arena an array is copied
twice: in and out. Not less: what a script keeps must not change when the next array comes, and what
the trusted side has checked must not change afterwards.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from typing import TYPE_CHECKING, Any

from langprop.errors import WireError
from langprop.sandbox import linux

if TYPE_CHECKING:
    import numpy as np

MAX_SIZE = 64 << 20
"""Size of the arena for the answers of a process [bytes]; takes memory as far as it is used."""

_ALIGNMENT = 64  # [bytes]


class AnswerArena:
    """The arena for answers, in the script's process. Where it is full, arrays take the pipe.

    Args:
        fd: Its memory file.

    Attributes:
        used: How much of it is used [bytes].
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._size = _size(fd)
        self._memory: mmap.mmap | None = None
        self.used = 0

    def put(self, array: np.ndarray[Any, Any]) -> int | None:
        """Copy an array into it: the place where it is now; None if there is no room."""
        import numpy as np

        place, size = self.used, array.nbytes
        if place + size > self._size:
            return None
        if self._memory is None:
            self._memory = mmap.mmap(self._fd, self._size)
        np.frombuffer(self._memory, "u1", size, place)[:] = array.reshape(-1).view("u1")
        self.used += size + -size % _ALIGNMENT
        return place

    def clear(self) -> None:
        """All answers have been read."""
        self.used = 0


class AnswerReader:
    """The arena for answers, on the trusted side. What is in it is of any origin.

    It is read as a file: the script's process may shrink it at any time, which would be the end of
    a process that had it mapped.

    Args:
        size: Its size [bytes]; less where files may not be as large, for it counts as one.

    Attributes:
        fd: Its memory file, for the script's process.
    """

    def __init__(self, size: int) -> None:
        self.fd = linux.memfd()
        os.ftruncate(self.fd, int(min(size, linux.largest_file())))

    def read(self, place: int, size: int) -> memoryview:
        """A copy of what is there.

        Raises:
            WireError: There isn't as much.
        """
        try:
            data = bytearray(size)
            done = 0
            while done < size:
                count = os.preadv(self.fd, [memoryview(data)[done:]], place + done)
                if not count:
                    raise WireError("array that isn't there")
                done += count
        except (OSError, OverflowError) as error:
            raise WireError(f"array that can't be read ({error})") from None
        return memoryview(data)

    def __del__(self) -> None:
        with contextlib.suppress(OSError, AttributeError):  # not opened, or the end of everything
            os.close(self.fd)


class ArgumentArena:
    """The arena for arguments, on the trusted side. Where it is full, arrays take the pipe."""

    def __init__(self) -> None:
        self.fd = linux.memfd()
        self._size = linux.largest_file()
        self.used = 0

    def put(self, array: np.ndarray[Any, Any]) -> int | None:
        """Copy an array into it: the place where it is now; None if files may not be as large.

        Raises:
            OSError: There is no memory for it.
        """
        place = self.used
        if place + array.nbytes > self._size:
            return None
        end = linux.write_at(self.fd, memoryview(array.reshape(-1).view("u1")), place)  # type: ignore[arg-type]
        self.used = end + -end % _ALIGNMENT
        return place

    def clear(self) -> None:
        """All arguments have been read."""
        self.used = 0

    def close(self) -> None:
        """Let it go. Closing twice is harmless."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class ArgumentReader:
    """The arena for arguments, in the script's process.

    Args:
        fd: Its memory file.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._memory: mmap.mmap | None = None

    def read(self, place: int, size: int) -> memoryview:
        """A copy of what is there."""
        if self._memory is None or place + size > len(self._memory):
            self._memory = mmap.mmap(self._fd, _size(self._fd))
        with memoryview(self._memory) as view:
            return memoryview(bytearray(view[place : place + size]))


def _size(fd: int) -> int:
    """Size of a file; the C library's fstat goes by a system call that a sealed process lacks."""
    return os.lseek(fd, 0, os.SEEK_END)
