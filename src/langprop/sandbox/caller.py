"""Caller: calls a script's function under an alarm, and turns whatever happens into a result."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from langprop.errors import WireError
from langprop.sandbox.alarm import Alarm
from langprop.sandbox.arena import AnswerArena
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Status
from langprop.sandbox.program import Program
from langprop.sandbox.text import MAX_TEXT
from langprop.sandbox.wire import PLAIN, encode

_new = tuple.__new__  # as a named tuple's own does it, in a part of the time
_REPORT_TIME = 0.1  # [s] for an exception to tell its message


class Result(NamedTuple):
    """What came out of a call.

    Attributes:
        status: How it ended; never "crash", which only others can see.
        payload: The encoded answer for "ok", else the failure in words as UTF-8.
        seconds: Duration [s].
    """

    status: Status
    payload: bytes
    seconds: float


class Caller:
    """Calls functions of one program. Nothing that a script raises gets past it.

    Args:
        program: The script.
        limits: Its limits.
        alarm: Rings when a call takes too long; started by whoever made it.
        free_memory: Called before a `MemoryError` is described.
        arena: Takes large arrays out of answers.
        passing: Exceptions that aren't the script's and shall get past.
    """

    def __init__(
        self,
        program: Program,
        limits: Limits,
        alarm: Alarm,
        *,
        free_memory: Callable[[], None] = lambda: None,
        arena: AnswerArena | None = None,
        passing: tuple[type[BaseException], ...] = (),
    ) -> None:
        self._program = program
        self._max_output = limits.output
        self._alarm = alarm
        self._free_memory = free_memory
        self._arena = arena
        self._passing = passing

    def load(self) -> Callable[..., Any] | Result:
        """Execute the module body: the entry point, or why there is none."""
        loaded: list[Callable[..., Any]] = []
        result = self.call(lambda: loaded.append(self._program.load()), (), {})
        return loaded[0] if result.status == "ok" else result

    def call(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Result:
        """Call the function."""
        alarm = self._alarm
        start = alarm.set()
        try:
            # Everything of the script's dies with the frame of _run, while the alarm is still set:
            # a `__del__` may hang.
            result = self._run(function, args, kwargs, start)
            alarm.deadline = math.inf
        except self._passing:
            alarm.deadline = math.inf
            raise
        except (
            BaseException
        ) as error:  # the alarm rang, or memory ran out, while another one was handled
            alarm.deadline = math.inf
            status: Status = "memory" if isinstance(error, MemoryError) else "timeout"
            text = "MemoryError" if status == "memory" else alarm.message
            return Result(status, text.encode(), time.perf_counter() - start)
        if result.status not in ("timeout", "memory") and (
            alarm.rung or result.seconds > alarm.limit
        ):
            return Result("timeout", alarm.message.encode(), result.seconds)
        return result

    def _run(
        self,
        function: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        start: float,
    ) -> Result:
        try:
            output = function(*args, **kwargs)
            seconds = time.perf_counter() - start
        except self._passing:
            raise
        except (
            BaseException
        ) as error:  # SystemExit and KeyboardInterrupt too: they are the script's
            return self._failed(error, time.perf_counter() - start)
        arena = self._arena
        before = arena.used if arena is not None else 0
        try:
            payload = encode(output, arena)
        except WireError as error:
            message = f"{self._program.entry_point} returned {error}; an answer may hold {PLAIN}"
            return Result("bad_output", message.encode("utf-8", "replace"), seconds)
        except self._passing:
            raise
        except BaseException as error:  # a method of the answer's own
            return self._failed(error, seconds)
        total = len(payload) if arena is None else len(payload) + arena.used - before
        if total > self._max_output:
            size = f"{total:,} bytes; the limit is {self._max_output:,}"
            message = f"{self._program.entry_point} returned an answer of {size}"
            return Result("bad_output", message.encode("utf-8", "replace"), seconds)
        ok: Result = _new(Result, ("ok", payload, seconds))
        return ok

    def _failed(self, error: BaseException, seconds: float) -> Result:
        alarm = self._alarm
        late, alarm.rung = alarm.rung or seconds > alarm.limit, False
        alarm.deadline = time.perf_counter() + _REPORT_TIME
        if isinstance(error, MemoryError):
            self._free_memory()
        try:
            text = self._program.describe(error)
        except BaseException as problem:
            kinds = [type(each).__name__[:99] for each in (error, problem)]
            text = f"{kinds[0]}: (its message can't be shown: {kinds[1]})"
        alarm.rung = False
        if late:
            place = text.rpartition("\n")[0]
            text = f"{place}\n{alarm.message}" if place else alarm.message
        status: Status = (
            "timeout" if late else "memory" if isinstance(error, MemoryError) else "exception"
        )
        return Result(status, text[-MAX_TEXT:].encode("utf-8", "replace"), seconds)
