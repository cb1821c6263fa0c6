"""Alarm: stops a call from inside when its time is over."""

from __future__ import annotations

import atexit
import math
import signal
import threading
import time
from types import FrameType
from typing import Any

_PUT_OFF = 10  # times: the odds of meeting a callback each time are nil
_SOON = 0.001  # [s]


class StopCall(BaseException):
    """Raised in a script that went on after a `TimeoutError`."""


class Alarm:
    """A clock that ticks while scripts run, and raises in a call whose deadline has passed.

    The first tick after the deadline raises `TimeoutError`, each one after that `StopCall`, which
    `except Exception` doesn't catch. A call that catches everything, or that is in C code, has to
    be killed from outside.

    What is raised in a callback of the garbage collector or of a weak reference is lost, as is what
    `__del__` raises. A tick that interrupts a library rather than a script is therefore put off a
    few times, by a millisecond each.

    Only the main thread gets signals; in others, and where there are none, an alarm never rings.

    Attributes:
        deadline: When the running call shall end, on the clock of `time.perf_counter` [s].
        rung: Whether it has rung since the call began.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.deadline = math.inf
        self.rung = False
        self._tick = max(0.001, min(0.05, limit / 4))
        self._put_off = 0
        self._ticking = self._resting = False
        self._previous: Any = None

    @property
    def message(self) -> str:
        """What is said of a call that took too long."""
        return f"TimeoutError: no answer within {self.limit:g} s"

    def set(self) -> float:
        """Begin a call: when it begins, on the clock of `time.perf_counter` [s]."""
        self.rung = False
        start = time.perf_counter()
        self.deadline = start + self.limit
        return start

    def start(self) -> None:
        """Start the clock."""
        if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            # ^C may come between any two lines: what is needed to stop the clock is known first.
            self._previous = signal.getsignal(signal.SIGALRM)
            atexit.register(self.pause)  # else a tick kills an interpreter at its end
            signal.signal(signal.SIGALRM, self._on_tick)
            self.resume()

    def resume(self) -> None:
        """Let it tick."""
        self._resting = False
        if self._previous is not None and not self._ticking:
            self._ticking = True
            signal.setitimer(signal.ITIMER_REAL, self._tick, self._tick)

    def rest(self) -> None:
        """Stop with the next tick, unless it is to go on before that.

        An idle process is woken once; one that is soon called again saves two calls of the system.
        """
        self._resting = True

    def pause(self) -> None:
        """Stop the ticks."""
        self._ticking = False
        if self._previous is not None:
            signal.setitimer(signal.ITIMER_REAL, 0.0)

    def stop(self) -> None:
        """Stop the clock, and give the signal back to whoever had it."""
        if self._previous is not None:
            self.pause()
            signal.signal(signal.SIGALRM, self._previous)
            self._previous = None
            atexit.unregister(self.pause)

    def _on_tick(self, number: int, frame: FrameType | None) -> None:
        del number
        if self._resting:
            self.pause()
            return
        if time.perf_counter() > self.deadline:
            if self._put_off < _PUT_OFF and not _in_script(frame):
                self._put_off += 1
                signal.setitimer(signal.ITIMER_REAL, _SOON, self._tick)
                return
            self._put_off = 0
            if self.rung:
                raise StopCall(self.message)
            self.rung = True
            raise TimeoutError(f"no answer within {self.limit:g} s")


def _in_script(frame: FrameType | None) -> bool:
    """Whether a frame is a script's own: its file is called "<script>" or so."""
    return frame is not None and frame.f_code.co_filename.startswith("<script")
