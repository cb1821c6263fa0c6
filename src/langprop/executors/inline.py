"""InlineExecutor: this process, for code that is trusted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from langprop.errors import SandboxError
from langprop.executors.base import Executor, Session, SessionCall
from langprop.sandbox.alarm import Alarm
from langprop.sandbox.caller import Caller, Result
from langprop.sandbox.frames import Frame
from langprop.sandbox.inputs import Encoded, Inputs, encode_call
from langprop.sandbox.job import Job
from langprop.sandbox.limits import Limits
from langprop.sandbox.nested import Nested
from langprop.sandbox.outcome import Outcome
from langprop.sandbox.printed import Printed
from langprop.sandbox.seeds import Seeds
from langprop.scripts.script import Script

_lock = threading.RLock()  # standard streams and the alarm are one for the whole process


class _InlineScript:
    """One script in this process.

    Args:
        script: The script.
        limits: Its limits; those on memory and failures don't apply.

    Attributes:
        seeds: Of the random numbers that it draws.
    """

    def __init__(self, script: Script, limits: Limits) -> None:
        self._limits = limits
        self.seeds = Seeds("\n".join(each.source for each in (script, *script.depends)))
        self._alarm = Alarm(limits.time)
        self._printed = Printed(limits.printed)
        self._nested = Nested(self._printed) if script.depends else None
        program = Job.of(script, limits, (), 0.0).program(self._nested)
        self._caller = Caller(program, limits, self._alarm, passing=(KeyboardInterrupt,))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Have the standard streams, the generators of random numbers and the alarm."""
        with _lock, self._printed.installed(), self.seeds.visit():
            try:
                self._alarm.start()
                yield
            finally:
                self._alarm.stop()

    def load(self) -> Callable[..., Any] | Result:
        """Execute the module body in a fresh namespace."""
        return self._caller.load()

    def call(self, function: Callable[..., Any] | Result, arguments: Encoded) -> Outcome:
        """Call the function, or say again why it can't be loaded.

        Args:
            function: What `load` gave.
            arguments: Positional and keyword arguments: the script gets a copy.
        """
        result = function
        if not isinstance(result, Result):
            args, kwargs = arguments.copy()
            if self._nested is not None:
                self._nested.clear()  # of what was called while loading
            result = self._caller.call(result, args, kwargs)
        calls = self._nested.take() if self._nested is not None else b""
        printed = self._printed.take()
        frame = Frame(0, result.status, result.seconds, printed, result.payload, calls)
        return frame.outcome(self._limits)


class InlineExecutor(Executor):
    """This process, for code that is trusted: **no isolation at all**.

    For debugging scripts, and for systems that the sandbox doesn't know. A script can do whatever
    you can; one that ends the process ends the training. `Limits.memory` and `Limits.failures` do
    nothing. Random numbers are seeded as elsewhere, and your own generators go on as if no script
    had run. `Limits.time` stops Python code in the main thread; in other threads, and on Windows, a
    call that takes too long is only noticed afterwards. Calls of several threads wait for each
    other; what other threads print meanwhile is taken for the script's, and what random numbers
    they draw from the global generators isn't their own.
    """

    def __init__(self) -> None:
        self._closed = False

    def submit(self, script: Script, inputs: Inputs, limits: Limits) -> Future[list[Outcome]]:
        """Run a script on every input, now.

        Raises:
            DataError: An argument isn't plain data.
            SandboxError: The executor is closed.
        """
        self._check_open()
        blobs = inputs.blobs
        future: Future[list[Outcome]] = Future()
        inline = _InlineScript(script, limits)
        with inline.running():
            inline.seeds.set(0)
            function = inline.load() if blobs else Result("ok", b"", 0.0)
            outcomes = []
            for index, blob in enumerate(blobs):
                inline.seeds.set(index)
                outcomes.append(inline.call(function, blob))
            future.set_result(outcomes)
        return future

    def open(self, script: Script, limits: Limits) -> Session:
        """Call a script step by step."""
        self._check_open()
        return _InlineSession(_InlineScript(script, limits))

    def close(self) -> None:
        """Refuse further work."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise SandboxError("the executor is closed: make a new one.")


class _InlineSession(Session):
    def __init__(self, inline: _InlineScript) -> None:
        self._inline = inline
        self._episodes: dict[int, Callable[..., Any]] = {}
        self._closed = False

    def call_many(self, calls: Sequence[SessionCall]) -> list[Outcome]:
        """Make the calls, one after the other.

        Raises:
            DataError: Arguments that aren't plain data.
            SandboxError: The session is closed.
        """
        if self._closed:
            raise SandboxError("the session is closed: open a new one.")
        blobs = [encode_call(call.args, call.kwargs) for call in calls]
        outcomes = []
        with self._inline.running():
            for call, blob in zip(calls, blobs, strict=True):
                self._inline.seeds.switch(call.episode)
                function = self._episodes.get(call.episode) or self._inline.load()
                if not isinstance(function, Result):
                    self._episodes[call.episode] = function
                outcomes.append(self._inline.call(function, blob))
        return outcomes

    def end_episode(self, episode: int) -> None:
        """Forget the state of an episode."""
        self._episodes.pop(episode, None)
        self._inline.seeds.forget(episode)

    def close(self) -> None:
        """Forget everything."""
        self._closed = True
        self._episodes.clear()
