"""Run: one process of a script, seen from the trusted side."""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import signal
import time

from langprop.errors import SandboxError
from langprop.executors.feed import Feed
from langprop.executors.task import NOBODY, Task
from langprop.sandbox import linux
from langprop.sandbox.arena import MAX_SIZE, AnswerReader
from langprop.sandbox.frames import BREAKS, BROKEN, LOADING, PROGRESS, FrameReader
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Status
from langprop.sandbox.plain import MIN_SHARED

GRACE = 0.2
"""What a call may take beyond its limit before it is killed, to be stopped from inside [s]."""

START_TIME = 1.0
"""What a new process may take to begin [s]."""

_F_SETPIPE_SZ = 1031
_PIPE_SIZE = 1 << 20
_READ_SIZE = 1 << 18
_MAX_READS = 16  # in a row: a script that floods the pipe must not keep others waiting


class Progress:
    """Memory in which a script's process says what it is doing. Not to be trusted."""

    def __init__(self) -> None:
        self.fd = linux.memfd(PROGRESS.pack(LOADING, 0.0))

    def read(self) -> tuple[int, float]:
        """Number of the running call, and when it began on the clock of `time.perf_counter` [s]."""
        data = os.pread(self.fd, PROGRESS.size, 0)
        if len(data) < PROGRESS.size:  # the script has made it smaller
            return 0, math.inf
        number, start = PROGRESS.unpack(data)
        return number, start

    def close(self) -> None:
        """Let it go."""
        os.close(self.fd)


class Run:
    """One process that works on a task. The results come through a pipe.

    Args:
        task: The task.

    Attributes:
        source: End of the pipe that results are read from.
        sink: Its other end, for the process; -1 once it was handed over.
        feed: Gives the process its samples, where it gets them one by one.
        pidfd: The process; -1 until it is known.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.pidfd = -1
        self.source, self.sink = os.pipe()
        self.feed: Feed | None = None
        try:
            if task.inputs.stream:
                self.feed = Feed(task.inputs.blobs, task.todo)
            # What is read late can be changed late, after the next sample was seen.
            self._arena = answer_arena(task.limits) if self.feed is None else AnswerReader(0)
            self.progress = Progress()
        except OSError:
            os.close(self.source)
            os.close(self.sink)
            if self.feed is not None:
                self.feed.close()
            raise
        os.set_blocking(self.source, False)
        with contextlib.suppress(
            OSError
        ):  # the user has many large pipes already; a small one will do
            fcntl.fcntl(self.source, _F_SETPIPE_SZ, _PIPE_SIZE)
        self._reader = FrameReader(task.limits, self._arena)
        self._started = 0.0
        self._last_result = 0.0
        self._killed: tuple[Status, str] | None = None
        self._broke_limit = self._out_of_time = False
        self._garbage = False

    def handed_over(self) -> None:
        """The zygote has the other end of the pipe now."""
        os.close(self.sink)
        self.sink = -1
        if self.feed is not None:
            self.feed.handed_over()

    @property
    def fds(self) -> list[int]:
        """What the process needs, after its job."""
        stream = [self.feed.source, self.feed.memory] if self.feed is not None else []
        return [self.sink, self.progress.fd, self._arena.fd, *stream]

    def started(self, pidfd: int) -> None:
        """The process exists."""
        self.pidfd = pidfd
        self._started = self._last_result = time.perf_counter()
        self.task.started(self._started)
        if self._killed:
            linux.pidfd_kill(pidfd)

    def read(self) -> bool:
        """Take the results that are there.

        Returns:
            Whether there may be more later.
        """
        for _ in range(_MAX_READS):
            try:
                data = os.read(self.source, _READ_SIZE)
            except BlockingIOError:
                return True
            if not data:
                return False
            if self._garbage:
                continue
            try:
                for frame in self._reader.feed(data):
                    if self.task.done:
                        break
                    if self.task.accept(frame):
                        self._last_result = time.perf_counter()
                        self._broke_limit |= frame.status in BREAKS
                        if self.feed is not None:
                            self.feed.answered(frame.number)
            except SandboxError as error:
                self._garbage = True
                self.kill("crash", str(error))
            if self.task.done:
                self.kill()
            if len(data) < _READ_SIZE:
                break
        return True

    @property
    def deadline(self) -> float:
        """When to kill the process unless it gets on, on the clock of `time.perf_counter` [s]."""
        if self.pidfd < 0 or self._killed:
            return math.inf
        number, begun = self.progress.read()
        patience = self.task.limits.time + GRACE
        if number == LOADING and begun == 0.0:
            return min(self._started + patience + START_TIME, self.task.end)
        if not self._started <= begun <= time.perf_counter():
            begun = self._started
        # A script can fake progress, but not results; one call takes one patience, and some are
        # handed out together.
        return min(
            max(begun, self._last_result) + patience,
            self._last_result + 2 * patience + START_TIME,
            self.task.end,
        )

    @property
    def next_look(self) -> float:
        """When to look again whether it hangs: progress is read, it doesn't wake anybody."""
        return min(self.deadline, time.perf_counter() + self.task.limits.time + GRACE)

    def kill_if_late(self, now: float) -> None:
        """Kill the process if it hangs."""
        if now >= self.deadline:
            self.kill("timeout", killed(self.task.limits))
            self._out_of_time = now >= self.task.end

    def kill(self, status: Status = "crash", why: str = "") -> None:
        """End the process; the first reason counts."""
        if self._killed is None:
            self._killed = status, why
        if self.pidfd >= 0:
            linux.pidfd_kill(self.pidfd)

    def ended(self, wait_status: int, size: int) -> None:
        """The process is gone: find out who is to blame, if anyone.

        Args:
            wait_status: As from `os.wait`.
            size: Largest resident size [bytes].
        """
        self.read()
        if self._out_of_time:
            self.task.end_early()
        if self.task.done or (self._broke_limit and not self._killed):
            return
        status, text = self._killed or explain(wait_status, size, self.task.limits)
        number, begun = self.progress.read()
        if self._garbage or (not self._killed and self._is_broken(wait_status)):
            # Results got lost on the way, and with them who did it. Next time they go one by one;
            # then it is the first that has none.
            if self.task.patience:
                self.task.patience = 0.0
                return
            number = number if number == LOADING else NOBODY
        if self.task.patience and self.task.would_lose(number):
            self.task.patience = 0.0  # results got lost that can't be had again afterwards
            return
        seconds = max(0.0, time.perf_counter() - max(begun, self._started))
        self.task.charge(number, status, text, seconds if math.isfinite(seconds) else 0.0)

    def _is_broken(self, wait_status: int) -> bool:
        """Whether the process couldn't send its results, or ended after half of one."""
        code = os.waitstatus_to_exitcode(wait_status)
        return code == BROKEN or (code == 0 and self._reader.unfinished)

    def close(self) -> None:
        """Let go of everything."""
        self.progress.close()
        if self.feed is not None:
            self.feed.close()
        for fd in (self.source, self.sink, self.pidfd):
            if fd >= 0:
                os.close(fd)


def answer_arena(limits: Limits) -> AnswerReader:
    """Memory for large arrays in the answers of a process."""
    return AnswerReader(MAX_SIZE if limits.output >= MIN_SHARED else 0)


def killed(limits: Limits) -> str:
    """What is said of a call that had to be stopped from outside."""
    return f"TimeoutError: no answer within {limits.time:g} s; the process was killed"


def explain(wait_status: int, size: int, limits: Limits) -> tuple[Status, str]:
    """Why a process that nobody killed has ended.

    Args:
        wait_status: As from `os.wait`.
        size: Largest resident size [bytes].
        limits: Its limits.

    Returns:
        Status, and the same in words.
    """
    if not os.WIFSIGNALED(wait_status):
        code = os.waitstatus_to_exitcode(wait_status)
        if code == BROKEN:
            return (
                "crash",
                "the process ended: the script damaged the interpreter or the sandbox in it",
            )
        return "crash", f"the process ended with exit code {code} before it gave an answer"
    number = os.WTERMSIG(wait_status)
    if number == signal.SIGXCPU:
        return "timeout", "TimeoutError: the processor time is used up"
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    # Libraries in C end the process where memory runs out, and so does the system.
    if size > 0.9 * limits.memory and number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT):
        return (
            "memory",
            f"the process ended by {name} with its {limits.memory:,} bytes of memory used",
        )
    return "crash", f"the process was ended by {name}"
