"""Frames: how results travel from a script's process to the trusted side.

A frame is a header, what the call printed, and the encoded answer or the text of the failure. The
trusted side takes it for bytes from a stranger.
"""

from __future__ import annotations

import os
import re
import struct
import time
from typing import NamedTuple

from langprop.errors import SandboxError, WireError
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import STATUSES, Outcome, Status
from langprop.sandbox.wire import PLAIN, decode

HEADER = struct.Struct("<IIBdI")
"""Bytes of the payload, index of the call, status, duration [s], bytes of the printed text."""

PROGRESS = struct.Struct("<qd")
"""What a script's process leaves in shared memory: index of the running call, and when it began on
the monotonic clock [s]."""

LOADING = -1
"""Index of the "call" that executes the module body."""

LOAD_FAILED = 0xFFFF_FFFF
"""Index of the frame that says why a script can't be loaded; it stands for all samples."""

BROKEN = 70
"""Exit code of a process that couldn't write its results."""

CODES: dict[Status, int] = {status: code for code, status in enumerate(STATUSES)}
BREAKS: frozenset[Status] = frozenset({"timeout", "memory", "crash"})
"""Statuses of a call that broke a limit."""

MAX_TEXT = 2_000  # characters of the text of a failure
_FLUSH_SIZE = 1 << 15  # [bytes]


class FrameWriter:
    """Writes frames to a pipe or socket, many at once.

    Args:
        fd: Where to.
        patience: How long a frame may wait for others [s].
    """

    def __init__(self, fd: int, patience: float) -> None:
        self._fd = fd
        self._patience = patience
        self._parts: list[bytes] = []
        self._size = 0
        self._flushed = time.perf_counter()

    def write(
        self, index: int, status: Status, seconds: float, printed: bytes, payload: bytes
    ) -> None:
        """Add a frame."""
        header = HEADER.pack(len(payload), index, CODES[status], seconds, len(printed))
        self._parts.append(header + printed + payload)
        self._size += len(printed) + len(payload)
        if self._size > _FLUSH_SIZE or time.perf_counter() - self._flushed > self._patience:
            self.flush()

    def flush(self) -> None:
        """Send what waits."""
        rest = memoryview(b"".join(self._parts))
        self._parts, self._size = [], 0
        while rest:
            rest = rest[os.write(self._fd, rest) :]
        self._flushed = time.perf_counter()


class Frame(NamedTuple):
    """One result, still encoded.

    Attributes:
        number: Of the call.
        status: How it ended.
        seconds: Duration as the sandbox reports it [s].
        printed: UTF-8 text, of any origin.
        payload: The encoded answer for "ok", else UTF-8 text of any origin.
    """

    number: int
    status: Status
    seconds: float
    printed: bytes
    payload: bytes

    def outcome(self, limits: Limits) -> Outcome:
        """Decode it."""
        seconds = self.seconds if 0 <= self.seconds < 1e9 else 0.0
        printed = clean(self.printed, limits.printed + 64) if self.printed else ""
        if self.status != "ok":
            return Outcome(self.status, None, clean(self.payload, MAX_TEXT), printed, seconds)
        try:
            return Outcome("ok", decode(self.payload, limits.output), "", printed, seconds)
        except WireError as error:
            message = f"the answer can't be read: {error}; it may hold {PLAIN}"
            return Outcome("bad_output", None, message, printed, seconds)


class FrameReader:
    """Takes frames from bytes of any origin.

    Args:
        limits: What a frame may hold.
    """

    def __init__(self, limits: Limits) -> None:
        self._rest = bytearray()
        self._max_payload = max(limits.output, 4 * MAX_TEXT)
        self._max_printed = 4 * (limits.printed + 64)

    @property
    def unfinished(self) -> bool:
        """Whether there is a part of a frame."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are complete now.

        Raises:
            SandboxError: The bytes are no frames.
        """
        rest = self._rest
        rest += data
        frames, place = [], 0
        while len(rest) - place >= HEADER.size:
            n_payload, index, code, seconds, n_printed = HEADER.unpack_from(rest, place)
            if (
                n_payload > self._max_payload
                or n_printed > self._max_printed
                or code >= len(STATUSES)
            ):
                raise SandboxError("the script wrote garbage on the channel of the results")
            middle = place + HEADER.size + n_printed
            end = middle + n_payload
            if end > len(rest):
                break
            printed = bytes(rest[middle - n_printed : middle])
            frames.append(Frame(index, STATUSES[code], seconds, printed, bytes(rest[middle:end])))
            place = end
        del rest[:place]
        return frames


# Escape sequences, and characters that reorder or hide text on a screen; newline and tab stay.
_INVISIBLE = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def clean(text: bytes | str, limit: int) -> str:
    """Text of any origin made fit for screens, prompts and files: valid, cut, nothing hidden."""
    if isinstance(text, str):
        text = text.encode("utf-8", "replace")
    return _INVISIBLE.sub("", text[: 4 * limit].decode("utf-8", "replace"))[:limit]
