"""Channel: one process of a session, and the way to it and back."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import socket
import struct
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from langprop.executors.dispatcher import Dispatcher
from langprop.executors.run import GRACE, START_TIME, Progress, answer_arena, explain
from langprop.sandbox import linux
from langprop.sandbox.arena import ArgumentArena
from langprop.sandbox.frames import Frame, FrameReader
from langprop.sandbox.limits import Limits
from langprop.sandbox.linux import n_cores
from langprop.sandbox.outcome import Status
from langprop.sandbox.worker import LENGTH

_SLOWEST = 10e6  # [bytes/s] at which a process must read its arguments
# To fall asleep and be woken takes longer than most calls; with one core the other process couldn't
# run meanwhile.
_SPIN_TIME = 50e-6 if n_cores() > 1 else 0.0  # [s]
_IN_VAIN = 3  # answers in a row that take longer, until the next ones aren't waited for awake
_REST, _LONGEST_REST = 32, 1_024  # so many; twice as many, each time that it is in vain once more
_READ_SIZE = 1 << 16
_END_TIME = 1.0  # [s] for the zygote to say how a process ended


class _Closes(Protocol):
    def close(self) -> None: ...


class Channel:
    """One process of a session.

    It is being started when this object is there; what is sent to it meanwhile waits.

    Args:
        dispatcher: Starts it.
        job: The script, encoded.
        limits: Its limits.

    Attributes:
        arguments: Takes large arrays out of the next message.
        ready: Whether the process is known to have been started.

    Raises:
        SandboxError: The dispatcher is closed.
    """

    def __init__(self, dispatcher: Dispatcher, job: bytes, limits: Limits) -> None:
        self._limits = limits
        self._arena = answer_arena(limits)
        self._reader = FrameReader(limits, self._arena)
        self.arguments = ArgumentArena()
        self._wait = -1.0
        self._sent = self._last = time.perf_counter()
        self._in_vain = 0  # answers in a row that asking again and again didn't get
        self._resting, self._rest = 0, _REST  # answers that aren't waited for awake, now and next
        self._progress = Progress()
        self._socket, self._there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._pidfd = -1
        self.ready = self._closed = False
        try:
            self._process = dispatcher.start_session(
                job, [self._there.fileno(), self._progress.fd, self._arena.fd, self.arguments.fd]
            )
        except BaseException:
            self._closed = True
            for part in (self._socket, self._there, self.arguments, self._progress):
                part.close()
            raise

    def fileno(self) -> int:
        """Descriptor that can be read from when there is something to `receive`."""
        return self._socket.fileno()

    def send(self, message: bytes) -> None:
        """Send a message.

        Raises:
            OSError: The process has gone.
            TimeoutError: It doesn't read.
        """
        self._set_wait(self._limits.time + GRACE)
        self._sent = self._last = time.perf_counter()
        end = self._sent + self._limits.time + START_TIME + len(message) / _SLOWEST
        rest: bytes | memoryview = LENGTH.pack(len(message)) + message
        while True:
            try:
                size = self._socket.send(rest, socket.MSG_NOSIGNAL)
            except BlockingIOError:
                raise TimeoutError from None
            if size == len(rest):
                return
            rest = memoryview(rest)[size:]
            if time.perf_counter() > end:  # it reads, but as slowly as it can
                raise TimeoutError

    def attend(self) -> None:
        """Begin to listen to what comes after a message: only now does waiting begin."""
        self._last = time.perf_counter()

    def receive(self, *, wait: bool = True) -> list[Frame] | None:
        """Results; none if the process has gone, None if nothing is there yet.

        Args:
            wait: Whether to wait for them.

        Raises:
            TimeoutError: It hangs.
            SandboxError: What came is garbage.
        """
        limit = self._limits.time + GRACE
        # Whoever was away for long, to score others, say, finds pieces that had to wait for him.
        listening = time.perf_counter()
        while True:
            try:
                data = self._read() if wait else self._socket.recv(_READ_SIZE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                _, begun = self._progress.read()
                now = time.perf_counter()
                if not self._sent <= begun <= now:
                    begun = self._sent + START_TIME if begun < self._sent else self._sent
                # As for a batch: progress can be faked, results can't.
                if now >= min(begun, self._last + limit + START_TIME) + limit:
                    raise TimeoutError from None
                if not wait:
                    return None
                self._set_wait(begun + limit - now)
                continue
            except ConnectionError:
                return []
            if not data:
                return []
            frames = self._reader.feed(data)
            now = time.perf_counter()
            if frames:
                self._last = now
                return frames
            # Pieces of an answer are no answer: else it could come drop by drop for ever.
            if now >= listening + 2 * limit + START_TIME:
                raise TimeoutError
            wait = True  # the rest is on its way; who comes back later would take it for a drop

    def started(self, *, wait: bool = True) -> bool:
        """Whether the process was started; to be asked before `receive`.

        Args:
            wait: Whether to wait for it.

        Raises:
            SandboxError: It can't be started.
        """
        if self._pidfd < 0:
            if not wait and not self._process.pidfd.done():
                return False
            self._pidfd = self._process.pidfd.result()
            self._there.close()  # else its end wouldn't be seen
            self._sent = self._last = time.perf_counter()
            self.ready = True
        return True

    def _read(self) -> bytes:
        """What comes next; asks for a moment before it falls asleep.

        Where that was in vain a few times, because a call takes longer, it falls asleep at once for
        a while: the moment would be taken from others.
        """
        if self._resting:
            self._resting -= 1
            return self._socket.recv(_READ_SIZE)
        end = time.perf_counter() + _SPIN_TIME
        while time.perf_counter() < end:
            with contextlib.suppress(BlockingIOError):
                data = self._socket.recv(_READ_SIZE, socket.MSG_DONTWAIT)
                self._in_vain, self._rest = 0, _REST
                return data
        self._in_vain += 1
        if self._in_vain >= _IN_VAIN:
            self._resting, self._rest = self._rest, min(2 * self._rest, _LONGEST_REST)
        return self._socket.recv(_READ_SIZE)

    @property
    def busy_with(self) -> tuple[int, float]:
        """Number of the call that the process says it is working on, and for how long [s]."""
        number, begun = self._progress.read()
        return number, max(0.0, min(time.perf_counter() - begun, time.perf_counter() - self._sent))

    def end(self) -> tuple[Status, str]:
        """How the process ended by itself: status, and the same in words.

        Raises:
            SandboxError: The sandbox has gone with it.
        """
        try:
            wait_status, size = self._process.end.result(_END_TIME)
        except concurrent.futures.TimeoutError:
            return "crash", "the process has ended"
        return explain(wait_status, size, self._limits)

    def close(self) -> None:
        """Kill it. Closing twice is harmless."""
        if self._closed:
            return
        self._closed = True
        parts: list[_Closes] = [self._socket, self._there, self.arguments, self._progress]
        if self._pidfd >= 0:
            _let_go(parts, self._pidfd)
            return

        # Holds what is on its way, but not the channel, which holds the future.
        def late(started: Future[int], _arena: object = self._arena) -> None:
            known = not started.cancelled() and started.exception() is None
            _let_go(parts, started.result() if known else -1)

        self._process.pidfd.add_done_callback(late)  # its descriptors may be on their way to it

    def _set_wait(self, seconds: float) -> None:
        """Let reads and writes give up after a time; cheaper than polling."""
        if seconds != self._wait:
            whole = int(seconds)
            value = struct.pack("@ll", whole, max(1, int((seconds - whole) * 1e6)))
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                self._socket.setsockopt(socket.SOL_SOCKET, option, value)
            self._wait = seconds


def _let_go(parts: Sequence[_Closes], pidfd: int) -> None:
    for part in parts:
        part.close()
    if pidfd >= 0:
        linux.pidfd_kill(pidfd)
        os.close(pidfd)
