"""Task: one script on one batch, from the first process to the last result."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import Future

from langprop.errors import SandboxError
from langprop.sandbox.frames import BREAKS, GARBAGE, LOAD_FAILED, LOADING, Frame, outcomes
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.job import Job
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Outcome, Status
from langprop.scripts.script import Script

MAX_TOTAL = 256 << 20
"""Size of all answers of a script to a batch [bytes]."""

NOBODY = -2
"""Number of no sample, where it isn't known which one was running."""

_DEEDS: dict[Status, str] = {
    "timeout": "took too long",
    "memory": "ran out of memory",
    "crash": "ended its process",
}


def abandoned(failures: int, status: Status) -> bytes:
    """What is said of calls that aren't made any more."""
    calls = "1 call" if failures == 1 else f"{failures} calls"
    text = f"not run: the candidate was abandoned after {calls} that broke a limit; the last one"
    return f"{text} {_DEEDS[status]}".encode()


class OutcomesFuture(Future[list[Outcome]]):
    """The outcomes of a task. They are decoded in the thread that asks for them, once.

    Args:
        limits: The script's limits.
        on_cancel: Called when the future is cancelled.
    """

    def __init__(self, limits: Limits, on_cancel: Callable[[], None]) -> None:
        super().__init__()
        self._limits = limits
        self._on_cancel = on_cancel
        self._frames: list[Frame] | None = None
        self._decoding = threading.Lock()

    def cancel(self) -> bool:
        """Cancel; a script that is running is killed."""
        cancelled = super().cancel()
        if cancelled:
            self._on_cancel()
        return cancelled

    def set_frames(self, frames: list[Frame]) -> None:
        """Finish, with results that aren't decoded yet."""
        self._frames = frames
        self.set_result([])

    def result(self, timeout: float | None = None) -> list[Outcome]:
        """The outcomes, in the order of the inputs."""
        found = super().result(timeout)
        with self._decoding:
            if self._frames is not None:
                found += outcomes(self._frames, self._limits)
                self._frames = None
        return found


class Task:
    """One script on one batch: what has come back, and what is still to be done.

    Args:
        script: The script.
        inputs: The batch.
        limits: The script's limits.
        on_cancel: Called when the future is cancelled.

    Attributes:
        future: The outcomes.
        failures: Calls that broke a limit.
        end: When all calls shall be done, on the clock of `time.perf_counter` [s].
        patience: How long a process may keep a result, to hand out several together [s].
    """

    patience = 0.005

    def __init__(
        self, script: Script, inputs: Inputs, limits: Limits, on_cancel: Callable[[], None]
    ) -> None:
        self.script = script
        self.inputs = inputs
        self.limits = limits
        self.future = OutcomesFuture(limits, on_cancel)
        self.failures = 0
        self.end = math.inf
        if inputs.stream:
            self.patience = 0.0  # the next sample comes after the result
        self._frames: list[Frame | None] = [None] * len(inputs)
        self._n_pending = len(inputs)
        self._size = 0

    @property
    def done(self) -> bool:
        """Whether every sample has a result."""
        return self._n_pending == 0

    @property
    def todo(self) -> list[int]:
        """Numbers of the samples without a result."""
        return [number for number, frame in enumerate(self._frames) if frame is None]

    def job(self) -> Job:
        """What the next process has to do."""
        return Job.of(self.script, self.limits, self.todo, self.patience)

    def started(self, now: float) -> None:
        """A process has started; with the first one begins the candidate's time."""
        if self.limits.total is not None and self.end == math.inf:
            self.end = now + self.limits.total

    def end_early(self) -> None:
        """The candidate's time is over."""
        text = f"TimeoutError: the candidate's {self.limits.total:g} s for a batch are over"
        self._fill(Frame(0, "timeout", 0.0, b"", text.encode()))

    def accept(self, frame: Frame) -> bool:
        """Take a result; the first one of a sample counts.

        Returns:
            Whether it was needed.

        Raises:
            SandboxError: There is no such sample.
        """
        if frame.number == LOAD_FAILED:
            self._fill(frame)
            return True
        if frame.number >= len(self._frames):
            raise SandboxError(GARBAGE)
        if self._frames[frame.number] is not None:
            return False
        self._frames[frame.number] = frame
        self._n_pending -= 1
        self._size += len(frame.payload) + len(frame.printed) + len(frame.calls)
        if self._size > MAX_TOTAL and not self.done:
            text = f"not run: the answers to the samples before take more than {MAX_TOTAL:,} bytes"
            self._fill(Frame(0, "bad_output", 0.0, b"", text.encode()))
        if frame.status in BREAKS:
            self._count_failure(frame.status)
        return True

    def charge(self, number: int, status: Status, text: str, seconds: float) -> None:
        """Blame a sample for the end of a process.

        Args:
            number: The sample that the process said it was working on; not to be trusted. If it
                can't be that one, the first one without a result is blamed.
            status: How it ended.
            text: The same in words.
            seconds: How long it had been working on it [s].
        """
        if number == LOADING:
            message = f"{text}, while the script was being loaded"
            self._fill(Frame(0, status, seconds, b"", message.encode()))
            return
        if not 0 <= number < len(self._frames) or self._frames[number] is not None:
            number = self._frames.index(None)
        self.accept(Frame(number, status, seconds, b"", text.encode()))

    def would_lose(self, number: int) -> bool:
        """Whether to blame a sample would abandon the candidate, with some before it unanswered."""
        last = self.failures + 1 >= self.limits.failures
        return last and 0 < number < len(self._frames) and None in self._frames[:number]

    def finish(self) -> None:
        """Hand out the results."""
        if not self.future.cancelled():
            self.future.set_frames([frame for frame in self._frames if frame is not None])

    def _count_failure(self, status: Status) -> None:
        self.failures += 1
        if self.failures >= self.limits.failures:
            self._fill(Frame(0, status, 0.0, b"", abandoned(self.failures, status)))

    def _fill(self, frame: Frame) -> None:
        """Give all that is pending the same result."""
        for number, known in enumerate(self._frames):
            if known is None:
                self._frames[number] = frame
        self._n_pending = 0
