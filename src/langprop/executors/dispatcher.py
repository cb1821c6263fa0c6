"""Dispatcher: the thread that starts scripts' processes and listens to them."""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import os
import select
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from typing import Any, TypeVar

from langprop.errors import SandboxError
from langprop.executors.run import Run
from langprop.executors.task import Task
from langprop.sandbox import control, linux
from langprop.sandbox.control import Message
from langprop.sandbox.inputs import Inputs, pack_inputs
from langprop.sandbox.isolation import Isolation
from langprop.sandbox.sandbox import Sandbox
from langprop.sandbox.spec import Spec

_T = TypeVar("_T")

_KEPT_INPUTS = 4
"""Batches that the zygote holds."""

_STOP_TIME = 5.0  # [s]
_MAX_WAIT = 60.0  # [s] poll takes no very large numbers


class SessionProcess:
    """A process that was started for a session.

    Attributes:
        pidfd: The process, once it is started.
        end: Wait status and largest resident size [bytes], once it has ended.
    """

    def __init__(self) -> None:
        self.pidfd: Future[int] = Future()
        self.end: Future[tuple[int, int]] = Future()


class Dispatcher:
    """A thread that owns the sandbox. Everything that it shares is given to it with `_post`.

    The sandbox is started on first use, and again after its death.

    Args:
        workers: Processes that run tasks side by side. Those of sessions don't count: they mostly
            wait.
        spec: What is asked of the sandbox.
    """

    def __init__(self, workers: int, spec: Spec) -> None:
        self._workers = workers
        self._spec = spec
        self._lock = threading.Lock()
        self._wake_lock = threading.RLock()  # the collector may call `forget` while it is held
        self._closed = False
        self._thread: threading.Thread | None = None
        self._posted: deque[Callable[[], None]] = deque()
        # Files and not descriptors: what is written after the end must not go to whoever got the
        # number next.
        source, sink = os.pipe()
        os.set_blocking(sink, False)
        self._wake_source, self._wake_sink = io.FileIO(source, "r"), io.FileIO(sink, "w")
        # Touched by the thread only:
        self._stopping = False
        self._sandbox: Sandbox | None = None
        self._numbers = itertools.count(1)
        self._poll = select.poll()
        self._poll.register(source, select.POLLIN)
        self._waiting: deque[Task] = deque()
        self._runs: dict[int, Run] = {}
        self._sources: dict[int, Run] = {}
        self._sessions: dict[int, SessionProcess] = {}
        self._inputs: OrderedDict[int, None] = OrderedDict()
        self._watched: set[int] = set()

    # Any thread

    def submit(self, task: Task) -> None:
        """Run a task when there is a free worker.

        Raises:
            SandboxError: The dispatcher is closed.
        """
        self._post(lambda: self._waiting.append(task))

    def start_session(self, job: bytes, fds: Sequence[int]) -> SessionProcess:
        """Start a process for a session.

        The descriptors, as `control.OPEN` lists them, may be closed once its `pidfd` is there.

        Raises:
            SandboxError: The dispatcher is closed.
        """
        process = SessionProcess()
        self._post(lambda: self._start_session(process, job, fds))
        return process

    def inspect(self) -> Future[Isolation]:
        """Start the sandbox if need be, and tell how well it keeps scripts in.

        Raises:
            SandboxError: The dispatcher is closed.
        """
        return self.run(lambda: self._need_sandbox().isolation)

    def run(self, action: Callable[[], _T]) -> Future[_T]:
        """Do something in the thread, which lives until the dispatcher is closed.

        Raises:
            SandboxError: The dispatcher is closed.
        """
        future: Future[_T] = Future()

        def do() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(action())
                except Exception as error:
                    future.set_exception(error)

        self._post(do)
        return future

    def wake(self) -> None:
        """Make the thread look around."""
        # The thread may be closing it: its number could be another file's in the next moment.
        with self._wake_lock, contextlib.suppress(ValueError):  # closed
            self._wake_sink.write(b"!")  # where it is full, the thread is awake already

    def close(self) -> None:
        """End all processes and the thread. Closing twice is harmless."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            thread = self._thread
        if thread is None:
            self._close_wake()
            return
        self._posted.append(self._stop)
        self.wake()
        if thread is not threading.current_thread():
            thread.join(_STOP_TIME)

    def _post(self, action: Callable[[], None]) -> None:
        with self._lock:
            if self._closed:
                raise SandboxError("the executor is closed: make a new one.")
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._main, name="langprop-dispatcher", daemon=True
                )
                self._thread.start()
            self._posted.append(action)
        self.wake()

    def forget(self, key: int) -> None:
        """Inputs were garbage. May be called anywhere, in the middle of anything."""

        def forget() -> None:
            self._watched.discard(key)
            self._drop(key)

        self._posted.append(forget)
        self.wake()

    # The thread

    def _main(self) -> None:
        while not self._stopping:
            try:
                self._turn()
            except SandboxError as error:
                self._fail(error)
            except Exception as error:  # whoever waits must hear of it
                problem = SandboxError(f"the sandbox failed: {type(error).__name__}: {error}")
                problem.__cause__ = error
                self._fail(problem)
        self._close_wake()

    def _turn(self) -> None:
        """Wait until something happens, and handle it."""
        while self._posted:
            self._posted.popleft()()
        if self._stopping:
            return
        while self._waiting and self._is_free():
            self._start(self._waiting.popleft())
        wait = min((run.next_look for run in self._runs.values()), default=math.inf)
        milliseconds = None
        if math.isfinite(wait):
            seconds = min(max(0.0, wait - time.perf_counter()), _MAX_WAIT)
            milliseconds = math.ceil(seconds * 1_000)
        for fd, _ in self._poll.poll(milliseconds):
            if fd == self._wake_source.fileno():
                self._wake_source.read(4_096)
            elif fd in self._sources:
                if not self._sources[fd].read():
                    self._ignore(fd)
            elif self._sandbox is not None and fd == self._sandbox.fileno():
                self._hear(self._sandbox.receive())
        now = time.perf_counter()
        for run in self._runs.values():
            run.kill_if_late(now)
            if run.task.future.cancelled():
                run.kill()

    def _need_sandbox(self) -> Sandbox:
        if self._sandbox is None:
            self._sandbox = Sandbox(self._spec)
            self._poll.register(self._sandbox.fileno(), select.POLLIN)
        return self._sandbox

    def _is_free(self) -> bool:
        """Whether there is a free worker.

        A process that has given all its results was killed: the next one starts while the kernel
        clears it away, which takes a millisecond.
        """
        n_busy = sum(not run.task.done for run in self._runs.values())
        return n_busy < self._workers and len(self._runs) < 2 * self._workers

    def _start(self, task: Task) -> None:
        """Start a process for a task."""
        if task.future.cancelled():
            task.future.set_running_or_notify_cancel()  # for those who wait
            return
        number = next(self._numbers)
        try:
            run = self._runs[number] = Run(task)
        except OSError as error:
            problem = SandboxError(f"the sandbox can't start a process for a script: {error}")
            _set_error(task.future, problem)
            return
        if run.feed is None:
            self._load(task.inputs)
        job = linux.memfd(task.job().to_bytes())
        try:
            kind = control.RUN if run.feed is None else control.STREAM
            self._need_sandbox().send(kind, number, task.inputs.key, [job, *run.fds])
        finally:
            os.close(job)
        run.handed_over()
        self._sources[run.source] = run
        self._poll.register(run.source, select.POLLIN)

    def _load(self, inputs: Inputs) -> None:
        """See to it that the zygote holds the inputs."""
        sandbox = self._need_sandbox()
        if inputs.key in self._inputs:
            self._inputs.move_to_end(inputs.key)
            return
        if len(self._inputs) >= _KEPT_INPUTS:
            self._drop(next(iter(self._inputs)))
        fd = linux.memfd(*pack_inputs(inputs.blobs))
        try:
            sandbox.send(control.LOAD, inputs.key, fds=[fd])
        finally:
            os.close(fd)
        self._inputs[inputs.key] = None
        if inputs.key not in self._watched:
            self._watched.add(inputs.key)
            weakref.finalize(inputs, _forget, weakref.ref(self), inputs.key).atexit = False

    def _drop(self, key: int) -> None:
        if key in self._inputs:
            del self._inputs[key]
            if self._sandbox is not None:
                self._sandbox.send(control.DROP, key)

    def _start_session(self, process: SessionProcess, job: bytes, fds: Sequence[int]) -> None:
        number = next(self._numbers)
        self._sessions[number] = process
        fd = linux.memfd(job)
        try:
            self._need_sandbox().send(control.OPEN, number, fds=[fd, *fds])
        finally:
            os.close(fd)

    def _hear(self, message: Message) -> None:
        """Handle a message of the zygote's."""
        if message.kind == control.CLOSED:
            text = self._sandbox.obituary() if self._sandbox else "the sandbox has gone."
            raise SandboxError(text)
        run = self._runs.get(message.number)
        session = self._sessions.get(message.number)
        if message.kind == control.STARTED and run is not None:
            run.started(message.fds[0])
        elif message.kind == control.STARTED and session is not None:
            session.pidfd.set_result(message.fds[0])
        elif message.kind == control.FAILED:
            why = os.strerror(message.first)
            error = SandboxError(f"the sandbox can't start a process for a script: {why}")
            if run is not None:
                self._end(message.number)
                _set_error(run.task.future, error)
            elif session is not None:
                del self._sessions[message.number]
                session.pidfd.set_exception(error)
        elif message.kind == control.ENDED and run is not None:
            run.ended(message.first, message.second)
            self._end(message.number)
            if run.task.done and not run.task.future.cancelled():
                with contextlib.suppress(InvalidStateError):  # cancelled in this moment
                    run.task.finish()
            else:
                self._start(run.task)
        elif message.kind == control.ENDED and session is not None:
            del self._sessions[message.number]
            session.end.set_result((message.first, message.second))

    def _end(self, number: int) -> None:
        run = self._runs.pop(number)
        self._ignore(run.source)
        run.close()

    def _ignore(self, source: int) -> None:
        if self._sources.pop(source, None) is not None:
            self._poll.unregister(source)

    def _fail(self, error: SandboxError) -> None:
        """The sandbox is lost, with everything in it; the next use starts another."""
        tasks = [run.task for run in self._runs.values()] + list(self._waiting)
        sessions = list(self._sessions.values())
        self._lose_sandbox()
        for task in tasks:
            _set_error(task.future, error)
        for session in sessions:
            for future in (session.pidfd, session.end):
                _set_error(future, error)

    def _lose_sandbox(self) -> None:
        for run in self._runs.values():
            run.kill()
        for number in list(self._runs):
            self._end(number)
        self._waiting.clear()
        self._sessions.clear()
        self._inputs.clear()
        if self._sandbox is not None:
            self._poll.unregister(self._sandbox.fileno())
            self._sandbox.close()
            self._sandbox = None

    def _stop(self) -> None:
        self._stopping = True
        tasks = [run.task for run in self._runs.values()] + list(self._waiting)
        sessions = list(self._sessions.values())
        self._lose_sandbox()
        for task in tasks:
            if task.future.cancel():
                task.future.set_running_or_notify_cancel()
        for session in sessions:
            for future in (session.pidfd, session.end):
                _set_error(future, SandboxError("the executor is closed."))

    def _close_wake(self) -> None:
        with self._wake_lock:
            self._wake_sink.close()
            self._wake_source.close()


def _forget(dispatcher: weakref.ref[Dispatcher], key: int) -> None:
    alive = dispatcher()
    if alive is not None:
        alive.forget(key)


def _set_error(future: Future[Any], error: SandboxError) -> None:
    with contextlib.suppress(InvalidStateError):
        future.set_exception(error)
