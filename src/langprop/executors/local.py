"""LocalExecutor: isolated processes on this machine."""

from __future__ import annotations

import os
import threading
import weakref
from concurrent.futures import Future
from typing import TYPE_CHECKING

from langprop.errors import SandboxError
from langprop.executors.base import Executor, Session
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Outcome
from langprop.sandbox.sandbox import check_platform
from langprop.scripts.script import Script

if TYPE_CHECKING:
    from langprop.executors.dispatcher import Dispatcher


class LocalExecutor(Executor):
    """Isolated processes on this machine: each script of each batch runs in a fresh one.

    What a script can't do: change this process, other scripts or the inputs, hang, use more memory
    than its limit, start processes, or signal others. What it still can do: read files and open
    sockets as the user who runs this.

    Args:
        workers: Scripts that run side by side; None for one per core.

    Raises:
        IsolationError: This isn't Linux; says what to type instead.
        ValueError: `workers` isn't positive.
    """

    def __init__(self, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise ValueError(f"workers must be at least 1, but got {workers!r}.")
        check_platform()
        self.workers = workers or _n_cores()
        self._lock = threading.Lock()
        self._closed = False
        self._start()

    def _start(self) -> None:
        from langprop.executors.dispatcher import Dispatcher

        self._owner = os.getpid()
        self._dispatcher = Dispatcher(self.workers)
        self._finalizer = weakref.finalize(self, _close, self._dispatcher, self._owner)

    def _current(self) -> Dispatcher:
        """The dispatcher; a new one in a process that was forked from the executor's."""
        with self._lock:
            if self._closed:
                raise SandboxError("the executor is closed: make a new one.")
            if self._owner != os.getpid():
                self._finalizer.detach()
                self._start()
            return self._dispatcher

    def submit(self, script: Script, inputs: Inputs, limits: Limits) -> Future[list[Outcome]]:
        """Run a script on every input, in a process of its own.

        Raises:
            DataError: An argument isn't plain data; names the sample and the type.
            SandboxError: The executor is closed; or from the future, if the sandbox itself failed.
        """
        from langprop.executors.task import Task

        dispatcher = self._current()
        task = Task(script, inputs, limits, dispatcher.wake)
        if task.done:
            task.finish()
        else:
            _ = inputs.blobs  # encoded here, where the user sees the error
            dispatcher.submit(task)
        return task.future

    def open(self, script: Script, limits: Limits) -> Session:
        """Keep a script alive in a process of its own; see `LocalSession`."""
        from langprop.executors.session import LocalSession

        return LocalSession(self._current(), script, limits)

    def close(self) -> None:
        """End all processes. Futures that are not done are cancelled."""
        with self._lock:
            self._closed = True
        self._finalizer()


def _n_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def _close(dispatcher: Dispatcher, owner: int) -> None:
    if os.getpid() == owner:  # a forked process must not close what is its parent's
        dispatcher.close()
