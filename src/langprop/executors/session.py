"""LocalSession: a script kept alive in a process of its own."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import socket
import struct
import threading
import time
import weakref
from collections.abc import Sequence
from typing import Any

from langprop.errors import DataError, SandboxError, WireError
from langprop.executors.base import Session, SessionCall
from langprop.executors.dispatcher import Dispatcher
from langprop.executors.run import GRACE, START_TIME, Progress, answer_arena, explain, killed
from langprop.executors.task import abandoned
from langprop.sandbox import linux
from langprop.sandbox.arena import ArgumentArena
from langprop.sandbox.frames import BREAKS, GARBAGE, Frame, FrameReader
from langprop.sandbox.job import Job
from langprop.sandbox.limits import Limits
from langprop.sandbox.linux import n_cores
from langprop.sandbox.outcome import Outcome, Status
from langprop.sandbox.wire import PLAIN, encode
from langprop.sandbox.worker import LENGTH
from langprop.scripts.script import Script

_PATIENCE = 0.000_2  # [s]
_SLOWEST = 10e6  # [bytes/s] at which a process must read its arguments
# To fall asleep and be woken takes longer than most calls; with one core the other process couldn't
# run meanwhile.
_SPIN_TIME = 50e-6 if n_cores() > 1 else 0.0  # [s]
_CLOSED = "the session was closed during a call."
_READ_SIZE = 1 << 16
_END_TIME = 1.0  # [s] for the zygote to say how a process ended


class _Process:
    """One process of a session.

    Args:
        dispatcher: Starts it.
        job: The script, encoded.
        limits: Its limits.

    Attributes:
        arguments: Takes large arrays out of the next message.

    Raises:
        SandboxError: It can't be started.
    """

    def __init__(self, dispatcher: Dispatcher, job: bytes, limits: Limits) -> None:
        self._limits = limits
        self._arena = answer_arena(limits)
        self._reader = FrameReader(limits, self._arena)
        self.arguments = ArgumentArena()
        self._wait = -1.0
        self._progress = Progress()
        self._channel, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._pidfd = -1
        try:
            self._process = dispatcher.start_session(
                job, [there.fileno(), self._progress.fd, self._arena.fd, self.arguments.fd]
            )
            self._pidfd = self._process.pidfd.result()
        except BaseException:
            self.close()
            raise
        finally:
            there.close()

    def send(self, message: bytes) -> None:
        """Send a message.

        Raises:
            OSError: The process has gone.
            TimeoutError: It doesn't read.
        """
        self._set_wait(self._limits.time + GRACE)
        self._sent = self._last = time.perf_counter()
        end = self._sent + self._limits.time + START_TIME + len(message) / _SLOWEST
        rest = memoryview(LENGTH.pack(len(message)) + message)
        while rest:
            try:
                rest = rest[self._channel.send(rest, socket.MSG_NOSIGNAL) :]
            except BlockingIOError:
                raise TimeoutError from None
            if rest and time.perf_counter() > end:  # it reads, but as slowly as it can
                raise TimeoutError

    def receive(self) -> list[Frame]:
        """Wait for results; none if the process has gone.

        Raises:
            TimeoutError: It hangs.
            SandboxError: What came is garbage.
        """
        limit = self._limits.time + GRACE
        while True:
            try:
                data = self._quick() or self._channel.recv(_READ_SIZE)
            except BlockingIOError:
                _, begun = self._progress.read()
                now = time.perf_counter()
                if not self._sent <= begun <= now:
                    begun = self._sent + START_TIME if begun < self._sent else self._sent
                # As for a batch: progress can be faked, results can't.
                if now >= min(begun, self._last + limit + START_TIME) + limit:
                    raise TimeoutError from None
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
            if now >= self._last + 2 * limit + START_TIME:
                raise TimeoutError

    def _quick(self) -> bytes:
        """What comes within a moment, or nothing."""
        end = time.perf_counter() + _SPIN_TIME
        while time.perf_counter() < end:
            with contextlib.suppress(BlockingIOError):
                return self._channel.recv(_READ_SIZE, socket.MSG_DONTWAIT)
        return b""

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
        self._channel.close()
        self.arguments.close()
        if self._pidfd >= 0:
            linux.pidfd_kill(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1
        if self._progress.fd >= 0:
            self._progress.close()
            self._progress.fd = -1

    def _set_wait(self, seconds: float) -> None:
        """Let reads and writes give up after a time; cheaper than polling."""
        if seconds != self._wait:
            whole = int(seconds)
            value = struct.pack("@ll", whole, max(1, int((seconds - whole) * 1e6)))
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                self._channel.setsockopt(socket.SOL_SOCKET, option, value)
            self._wait = seconds


class _Holder:
    """What must be closed when a session is garbage."""

    process: _Process | None = None

    def close(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.close()


class LocalSession(Session):
    """A script kept alive in a process of its own.

    Messages go to it directly, without the dispatcher.

    A call that hangs or crashes ends the process. The calls after it go to a new one, where all
    episodes start afresh: module-level state is lost. After `limits.failures` calls that broke a
    limit the script is abandoned, and calls fail at once; a long-lived session should have a large
    number there.

    Args:
        dispatcher: Starts the processes.
        script: The script.
        limits: Its limits.
    """

    def __init__(self, dispatcher: Dispatcher, script: Script, limits: Limits) -> None:
        self._dispatcher = dispatcher
        self._limits = limits
        self._job = Job.of(script, limits, (), _PATIENCE).to_bytes()
        self._lock = threading.Lock()
        self._holder = _Holder()
        self._closed = False
        self._ended: list[int] = []
        self._failures = 0
        self._last_failure: Status = "timeout"
        weakref.finalize(self, self._holder.close)

    def call_many(self, calls: Sequence[SessionCall]) -> list[Outcome]:
        """Make all calls in one round trip; outcomes are in the order of the calls.

        Raises:
            DataError: Arguments that aren't plain data.
            SandboxError: The sandbox itself failed, or the session is closed.
        """
        with self._lock:
            if self._closed:
                raise SandboxError("the session is closed: open a new one.")
            frames: list[Frame | None] = [None] * len(calls)
            while None in frames:
                if self._failures >= self._limits.failures:
                    text = abandoned(self._failures, self._last_failure)
                    frame = Frame(0, self._last_failure, 0.0, b"", text)
                    frames = [known or frame for known in frames]
                else:
                    self._attempt(calls, frames)
        return [frame.outcome(self._limits) for frame in frames if frame is not None]

    def end_episode(self, episode: int) -> None:
        """Forget the state of an episode; the process is told with the next calls."""
        self._ended.append(episode)

    def close(self) -> None:
        """End the process."""
        self._closed = True
        self._holder.close()

    def _attempt(self, calls: Sequence[SessionCall], frames: list[Frame | None]) -> None:
        """Have all pending calls made, up to one that ends the process."""
        todo = [number for number, frame in enumerate(frames) if frame is None]
        n_pending = len(todo)
        try:
            process = self._process()
            message = self._message([calls[number] for number in todo], process.arguments)
            status: Status = "crash"
            text = ""
            try:
                process.send(message)
                while n_pending:
                    results = process.receive()
                    if not results:
                        break
                    for frame in results:
                        if not frame.number < len(todo) or frames[todo[frame.number]] is not None:
                            raise SandboxError(GARBAGE)
                        frames[todo[frame.number]] = frame
                        n_pending -= 1
                        self._count(frame.status)
            except TimeoutError:
                status, text = "timeout", killed(self._limits)
            except SandboxError as error:
                text = str(error)
            except OSError:  # it went while it was being told something
                pass
            if n_pending:
                number, seconds = process.busy_with
                if not text:
                    status, text = process.end()
                self._holder.close()
                if not (0 <= number < len(todo) and frames[todo[number]] is None):
                    number = next(n for n, place in enumerate(todo) if frames[place] is None)
                frames[todo[number]] = Frame(number, status, seconds, b"", text.encode())
                self._count(status)
        except DataError:  # nothing was sent
            raise
        except OSError as error:
            self._holder.close()
            if self._closed:
                raise SandboxError(_CLOSED) from error
            raise
        except BaseException:  # a ^C leaves answers on their way, for which nobody asks any more
            self._holder.close()
            raise

    def _process(self) -> _Process:
        """The process; a new one if there is none."""
        process = self._holder.process
        if process is None:
            process = _Process(self._dispatcher, self._job, self._limits)
            self._holder.process = process
            if self._closed:  # in this moment: whoever did so found nothing to close
                raise SandboxError(_CLOSED)
        return process

    def _message(self, calls: Sequence[SessionCall], arena: ArgumentArena) -> bytes:
        arena.clear()
        ended = list(self._ended)
        plain = [[call.episode, list(call.args), dict(call.kwargs)] for call in calls]
        try:
            message = encode([ended, plain], arena)
        except WireError as error:
            raise DataError(
                f"the arguments of a call can't be sent to the sandbox: {_problem(plain, error)}. "
                f"They may hold {PLAIN}."
            ) from error
        del self._ended[: len(ended)]
        return message

    def _count(self, status: Status) -> None:
        if status in BREAKS:
            self._failures += 1
            self._last_failure = status


def _problem(calls: Sequence[Sequence[Any]], error: WireError) -> WireError:
    """What is wrong, and where it is among the arguments of one call."""
    for _, args, kwargs in calls:
        for part in (args, kwargs):
            try:
                encode(part)
            except WireError as problem:
                return problem
    return error
