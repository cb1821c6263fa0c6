"""Frames: how results travel from a script's process to the trusted side.

A frame is a header, what the call printed, and the encoded answer or the text of the failure. Where
modules called each other, a block that tells of these calls stands before that. The answers of a
session's turn that are small and come with nothing else share one frame. The trusted side takes it
all for bytes from a stranger.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import msgpack

from langprop.errors import SandboxError, WireError
from langprop.sandbox.answers import Answers, answered
from langprop.sandbox.arena import AnswerReader
from langprop.sandbox.calls import MAX_SIZE, read_calls
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import STATUSES, Outcome, Status
from langprop.sandbox.text import MAX_TEXT, clean
from langprop.sandbox.wire import PLAIN, decode, decode_many, decode_row

HEADER = struct.Struct("<IIBdI")
"""Bytes of the payload, index of the call, status, duration [s], bytes of the printed text."""

PROGRESS = struct.Struct("<qd")
"""What a script's process leaves in shared memory: index of the running call, and when it began on
the monotonic clock [s]."""

LOADING = -1
"""Index of the "call" that executes the module body."""

LOAD_FAILED = 0xFFFF_FFFF
"""Index of the frame that says why a script can't be loaded; it stands for all samples."""

TURN = 0xFFFF_FFFE
"""Index of the frame of a whole turn of a session: the durations of all calls, as doubles, and then
their answers, one behind the other."""

GARBAGE = "the script wrote garbage on the channel of the results"

BROKEN = 70
"""Exit code of a process that couldn't write its results."""

CODES: dict[Status, int] = {status: code for code, status in enumerate(STATUSES)}
BREAKS: frozenset[Status] = frozenset({"timeout", "memory", "crash"})
"""Statuses of a call that broke a limit."""

LINKED = 0x80
"""Added to the code of the status where the payload begins with a block of calls, as `calls` reads
it, and before that its length. A frame of a script that calls no other costs nothing for it."""

_LENGTH = struct.Struct("<I")
_SECONDS = 8  # [bytes] of a duration
_FLUSH_SIZE = 1 << 15  # [bytes]
_new = tuple.__new__  # as a named tuple's own does it, in a part of the time
_MAX_GROUP = 2_000  # [bytes] below it, the decoder needn't check what the bytes claim


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
        self._sharing = False  # all results of this turn may still share a frame
        self._seconds: list[float] = []
        self._answers: list[bytes] = []

    def begin_turn(self) -> None:
        """Begin to wait only now, for a turn of a session: what came before was handed out."""
        self._flushed = time.perf_counter()
        self._sharing = not self._parts

    def end_turn(self) -> None:
        """Send what waits, in one frame if that is possible."""
        if self._sharing and self._answers:
            head = struct.pack(f"<{len(self._seconds)}d", *self._seconds)
            size = len(head) + self._size
            self._parts = [HEADER.pack(size, TURN, 0, 0.0, 0), head, *self._answers]
            self._seconds, self._answers = [], []
        self._sharing = False
        self.flush()

    def write(
        self,
        index: int,
        status: Status,
        seconds: float,
        printed: bytes,
        payload: bytes,
        *,
        calls: bytes = b"",
    ) -> None:
        """Add a frame."""
        if self._sharing:
            small = self._size + len(payload) <= _MAX_GROUP
            if small and status == "ok" and not (printed or calls):
                self._seconds.append(seconds)
                self._answers.append(payload)
                self._size += len(payload)
                if time.perf_counter() - self._flushed >= self._patience:
                    self.flush()
                return
            self._part()
        code = CODES[status]
        if calls:
            code += LINKED
            payload = _LENGTH.pack(len(calls)) + calls + payload
        header = HEADER.pack(len(payload), index, code, seconds, len(printed))
        self._parts.append(header + printed + payload)
        self._size += len(printed) + len(payload)
        if self._size > _FLUSH_SIZE or time.perf_counter() - self._flushed >= self._patience:
            self.flush()

    def _part(self) -> None:
        """The answers of this turn can't share a frame: each gets one of its own."""
        self._sharing = False
        self._parts = [
            HEADER.pack(len(payload), index, 0, seconds, 0) + payload
            for index, (seconds, payload) in enumerate(
                zip(self._seconds, self._answers, strict=True)
            )
        ]
        self._seconds, self._answers = [], []

    def flush(self) -> None:
        """Send what waits."""
        if self._sharing:
            self._part()
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
        calls: The encoded calls between modules, if there were any.
        arena: Where large arrays of the answer are.
    """

    number: int
    status: Status
    seconds: float
    printed: bytes
    payload: bytes
    calls: bytes = b""
    arena: AnswerReader | None = None

    def outcome(self, limits: Limits) -> Outcome:
        """Decode it."""
        seconds = self.seconds if 0 <= self.seconds < 1e9 else 0.0
        printed = clean(self.printed, limits.printed + 64) if self.printed else ""
        calls = read_calls(self.calls) if self.calls else ()
        if self.status != "ok":
            text = clean(self.payload, MAX_TEXT)
            return Outcome(self.status, None, text, printed, seconds, calls)
        try:
            answer = decode(self.payload, limits.output, self.arena.read if self.arena else None)
        except WireError as error:
            message = f"the answer can't be read: {error}; it may hold {PLAIN}"
            return Outcome("bad_output", None, message, printed, seconds, calls)
        return Outcome("ok", answer, "", printed, seconds, calls)


def outcomes(frames: Sequence[Frame], limits: Limits) -> list[Outcome]:
    """Decode many; small answers are decoded together, which takes a part of the time."""
    found: list[Outcome] = []
    group: list[Frame] = []
    size = 0
    largest = min(limits.output, _MAX_GROUP // 4)
    for frame in frames:
        _, status, _, printed, payload, calls, _ = frame
        length = len(payload)
        alone = status != "ok" or printed or calls or length > largest
        if alone or size + length > _MAX_GROUP:
            found += _together(group, limits)
            group, size = [], 0
        if alone:
            found.append(frame.outcome(limits))
        else:
            group.append(frame)
            size += length
    return found + _together(group, limits)


def _together(frames: Sequence[Frame], limits: Limits) -> list[Outcome]:
    """Decode answers that came without anything else."""
    try:
        outputs = decode_many([frame.payload for frame in frames])
    except WireError:  # one by one, to see whose it is
        return [frame.outcome(limits) for frame in frames]
    return [answered(output, frame.seconds) for output, frame in zip(outputs, frames, strict=True)]


def answers(turn: Frame, count: int, limits: Limits) -> Answers | None:
    """Decode the frame of a whole turn.

    Args:
        turn: The frame.
        count: Calls of the turn.
        limits: The script's limits.

    Returns:
        None, if some answer has to be looked at by itself: `apart`.

    Raises:
        SandboxError: It is no such frame.
    """
    payload = turn.payload
    middle = _SECONDS * count
    size = len(payload) - middle
    if turn.status != "ok" or turn.printed or turn.calls or not count <= size <= _MAX_GROUP:
        raise SandboxError(GARBAGE)
    if size > limits.output:
        return None
    try:
        outputs = decode_row(payload[middle:], count)
    except WireError:
        return None
    seconds = struct.unpack_from(f"<{count}d", payload)
    return Answers(outputs, [each if 0 <= each < 1e9 else 0.0 for each in seconds])


def apart(turn: Frame, count: int) -> list[Frame]:
    """The frame of a whole turn as one for each call.

    Args:
        turn: The frame; `answers` has said that it is one.
        count: Calls of the turn.

    Raises:
        SandboxError: It doesn't hold as many answers.
    """
    middle = _SECONDS * count
    values = turn.payload[middle:]
    reader = msgpack.Unpacker()
    reader.feed(values)
    places = [0]
    try:
        for _ in range(count):
            reader.skip()
            places.append(reader.tell())
    except Exception:  # msgpack has many ways to refuse bytes
        raise SandboxError(GARBAGE) from None
    if places[-1] != len(values):
        raise SandboxError(GARBAGE)
    seconds = struct.unpack_from(f"<{count}d", turn.payload)
    return [
        Frame(place, "ok", seconds[place], b"", values[start:end], b"", turn.arena)
        for place, (start, end) in enumerate(pairwise(places))
    ]


class FrameReader:
    """Takes frames from bytes of any origin.

    Args:
        limits: What a frame may hold.
        arena: Where large arrays are.
    """

    def __init__(self, limits: Limits, arena: AnswerReader | None = None) -> None:
        self._rest = bytearray()
        self._arena = arena
        self._max_payload = max(limits.output, 4 * MAX_TEXT)
        self._max_linked = self._max_payload + _LENGTH.size + MAX_SIZE
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
        rest: bytes | bytearray = data  # whole frames, most of the time
        if self._rest:
            rest = self._rest
            rest += data
        frames: list[Frame] = []
        place = 0
        last = len(rest) - HEADER.size
        unpack, arena = HEADER.unpack_from, self._arena
        while place <= last:
            n_payload, index, code, seconds, n_printed = unpack(rest, place)
            linked = code >= LINKED
            if (
                n_payload > (self._max_linked if linked else self._max_payload)
                or n_printed > self._max_printed
                or (code - LINKED if linked else code) >= len(STATUSES)
            ):
                raise SandboxError(GARBAGE)
            middle = place + HEADER.size + n_printed
            end = middle + n_payload
            if end > len(rest):
                break
            printed = bytes(rest[middle - n_printed : middle]) if n_printed else b""
            payload = bytes(rest[middle:end])
            if linked:
                status = STATUSES[code - LINKED]
                frames.append(self._linked(index, status, seconds, printed, payload))
            else:
                status = STATUSES[code]
                frames.append(_new(Frame, (index, status, seconds, printed, payload, b"", arena)))
            place = end
        if rest is data:
            if place < len(data):
                self._rest += data[place:]
        else:
            del self._rest[:place]
        return frames

    def _linked(
        self, index: int, status: Status, seconds: float, printed: bytes, payload: bytes
    ) -> Frame:
        """A frame whose payload begins with a block of calls."""
        size = _LENGTH.unpack_from(payload)[0] if len(payload) >= _LENGTH.size else 0
        middle = _LENGTH.size + size
        if not (0 < size <= MAX_SIZE and middle <= len(payload) <= middle + self._max_payload):
            raise SandboxError(GARBAGE)
        calls = payload[_LENGTH.size : middle]
        return Frame(index, status, seconds, printed, payload[middle:], calls, self._arena)
