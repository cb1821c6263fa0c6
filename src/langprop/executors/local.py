"""LocalExecutor: isolated processes on this machine."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from langprop.errors import ConfigError, SandboxError
from langprop.executors.base import Executor, Session
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.isolation import MODES, Isolation, Mode
from langprop.sandbox.limits import Limits
from langprop.sandbox.linux import n_cores
from langprop.sandbox.outcome import Outcome
from langprop.sandbox.packages import locate
from langprop.sandbox.spec import Spec, check_platform
from langprop.scripts.script import Script

if TYPE_CHECKING:
    from langprop.executors.crew import Crew
    from langprop.executors.dispatcher import Dispatcher

_SERVE = "langprop.evaluation.serve:serve"
"""What helpers do; by name, as it stands above executors."""


class LocalExecutor(Executor):
    """Isolated processes on this machine: each script of each batch runs in a fresh one.

    What a script can't do, at level 2 and above: read or write files other than Python's, use the
    network, see labels, other scripts or this process's memory and environment, start or signal
    processes, hang, or use more memory than its limit. A canary script has tried it before the
    first other one runs.

    Args:
        workers: Scripts that run side by side; None for one per core.
        isolation: What to ask of the system: "auto" for all that it offers; "sealed", where scripts
            can't open any file either; "bwrap" for bubblewrap; "process" for limits only, which
            contain accidents, not malice.
        require_level: Refuse to run scripts below this level (0 to 3, see `Isolation`); None for 2,
            and for 1 with "process".
        packages: What scripts may import, beside the standard library, with all that these require.
            Their files can be read by scripts, so they shouldn't hold labels.
        rollout_workers: Processes in which the environments of rollouts are stepped side by side,
            this one among them; None for as many as `workers`. They are started once rollouts have
            taken some seconds, where the module has a `replica`.

    Raises:
        IsolationError: This isn't Linux; says what to type instead.
        ConfigError: There is no such isolation or package.
        ValueError: A number is out of range.
    """

    def __init__(
        self,
        workers: int | None = None,
        *,
        isolation: Mode = "auto",
        require_level: int | None = None,
        packages: Sequence[str] = ("numpy",),
        rollout_workers: int | None = None,
    ) -> None:
        for name, count in (("workers", workers), ("rollout_workers", rollout_workers)):
            if count is not None and count < 1:
                raise ValueError(f"{name} must be at least 1, but got {count!r}.")
        if require_level is not None and not 0 <= require_level <= 3:
            raise ValueError(f"require_level must be from 0 to 3, but got {require_level!r}.")
        if isolation == "none":
            raise ConfigError(
                "isolation='none' means this process, which is what InlineExecutor is for."
            )
        if isolation not in MODES:
            raise ConfigError(
                f"isolation must be one of {', '.join(MODES)}, but got {isolation!r}."
            )
        if isinstance(packages, str):
            raise ConfigError(f"packages must be a list of names, but got {packages!r}.")
        check_platform()
        least = 1 if isolation == "process" else 2
        self._spec = Spec(
            isolation, least if require_level is None else require_level, tuple(packages)
        )
        locate(self._spec.packages)  # a wrong name is told at once
        self.workers = workers or n_cores()
        self.rollout_workers = rollout_workers or self.workers
        self._lock = threading.Lock()
        self._closed = False
        self._start()

    def _start(self) -> None:
        from langprop.executors.crew import Crew, start_helper
        from langprop.executors.dispatcher import Dispatcher

        self._owner = os.getpid()
        dispatcher = self._dispatcher = Dispatcher(self.workers, self._spec)
        settings = {
            "workers": 1,
            "isolation": self._spec.mode,
            "require_level": self._spec.require_level,
            "packages": self._spec.packages,
        }
        self._crew = Crew(
            self.rollout_workers - 1, lambda: start_helper(dispatcher, _SERVE, settings)
        )
        self._finalizer = weakref.finalize(self, _close, dispatcher, self._crew, self._owner)

    def _current(self) -> Dispatcher:
        """The dispatcher; a new one in a process that was forked from the executor's."""
        with self._lock:
            if self._closed:
                raise SandboxError("the executor is closed: make a new one.")
            if self._owner != os.getpid():
                self._finalizer.detach()
                self._start()
            return self._dispatcher

    @property
    def isolation(self) -> Isolation:
        """How well scripts are kept in; starts the sandbox if it isn't there yet.

        Raises:
            IsolationError: It is less than what is required.
            SandboxError: The sandbox itself failed.
        """
        return self._current().inspect().result()

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

    @property
    def crew(self) -> Crew:
        """Trusted processes that share rollouts with this one.

        Raises:
            SandboxError: The executor is closed.
        """
        self._current()
        return self._crew

    def close(self) -> None:
        """End all processes. Futures that are not done are cancelled."""
        with self._lock:
            self._closed = True
        self._finalizer()


def _close(dispatcher: Dispatcher, crew: Crew, owner: int) -> None:
    if os.getpid() == owner:  # a forked process must not close what is its parent's
        crew.close()
        dispatcher.close()
