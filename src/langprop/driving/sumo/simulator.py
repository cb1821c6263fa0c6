"""SumoSimulator: a town in SUMO with our vehicle in it, in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import weakref
from typing import IO, Any

from langprop import errors
from langprop.closing import Closing
from langprop.driving.control import Control
from langprop.driving.observation import Observation
from langprop.driving.route import Route
from langprop.driving.simulator import Truth
from langprop.driving.sumo import library
from langprop.driving.sumo.wire import Wire, unpack_route, unpack_truth
from langprop.driving.task import RouteTask
from langprop.errors import SimulatorError

_FAILED = 1  # first item of an answer
_RESET_TIME = 60.0  # the least that is allowed for; imports are a part of it [s]
_END_TIME = 2.0  # for a worker to end by itself [s]
_SAID = 2_000  # characters of what it said

# As the user's process finds its modules, the worker does. What lies in the working directory hides
# none, from the first line on: a policy there may be named like a module of Python.
_BOOTSTRAP = """
import sys
sys.path[:] = [path for path in sys.path if path]
import json
sys.path[:] = json.loads(sys.argv[3])
from langprop.driving.sumo.worker import main
main(int(sys.argv[1]), int(sys.argv[2]))
"""


class _Died(SimulatorError):
    """The process has ended."""


class SumoSimulator(Closing):
    """A town in SUMO with our vehicle in it, in a process of its own.

    A crash of SUMO ends that process only: `reset` and `step` raise a `SimulatorError` then, and
    the next `reset` starts another one. It is started by the first `reset` (which takes a second
    for imports), and ends with `close`, with this object, or with this process, however that ends.
    Several can run at once. One belongs to one thread at a time.

    What it gives is what `SumoSimulation` gives, to the last bit.

    Args:
        patience: How long to wait for the end of a step before the process is given up; a reset
            may take a minute in any case [s].

    Attributes:
        dt: Seconds per step.

    Raises:
        MissingDependency: libsumo isn't installed.
        ValueError: The patience isn't positive.
    """

    dt = 0.05

    def __init__(self, *, patience: float = 120.0) -> None:
        if not patience > 0:
            raise ValueError(f"patience must be positive, but got {patience!r}.")
        library.require()
        self._patience = patience
        self._worker: _Worker | None = None
        self._route: Route | None = None
        self._truth: Truth | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Id of the process that simulates; None while there is none."""
        return self._worker.pid if self._worker is not None else None

    def reset(self, task: RouteTask, seed: int) -> Observation:
        """Begin a route: the same task and seed give the same episode, in any process.

        Raises:
            TownError: The town or the route doesn't exist, or leads nowhere.
            SimulatorError: SUMO can't start, refuses the town, or died; or this was closed.
        """
        if self._closed:
            raise SimulatorError("this simulator was closed; make a new one.")
        self._truth = None
        if self._worker is not None and self._worker.gone:  # while nobody looked
            self._drop(kill=True)
        message = ("reset", task.to_dict(), int(seed))
        patience = max(self._patience, _RESET_TIME)
        new = self._worker is None
        if self._worker is None:
            self._worker = _Worker()
        try:
            _, pid, route, truth = self._ask(message, patience)
        except _Died:
            if new:
                raise
            self._worker = _Worker()  # it had died before, with nothing to lose
            _, pid, route, truth = self._ask(message, patience)
        self._worker.pid = pid
        self._route = unpack_route(route)
        self._truth = unpack_truth(truth, self._route)
        return self._truth.observation

    def observe(self) -> Observation:
        """What is to be seen now."""
        return self.truth().observation

    def step(self, control: Control) -> Observation:
        """Drive for `dt`.

        Raises:
            ValueError: A number of the control isn't finite.
            SimulatorError: SUMO died, or nothing was begun.
        """
        route = self.truth().route
        steer, throttle, brake = map(float, control)
        _, truth = self._ask(("step", steer, throttle, brake), self._patience)
        self._truth = unpack_truth(truth, route)
        return self._truth.observation

    def truth(self) -> Truth:
        """What else is known now."""
        if self._truth is None:
            raise SimulatorError(
                "this simulator was closed; make a new one."
                if self._closed
                else "nothing was begun, or SUMO died since: call reset(task, seed) first."
            )
        return self._truth

    def remove(self, actor: str) -> None:
        """Take an actor off the road, as of the next step."""
        self.truth()
        assert self._worker is not None  # noqa: S101 - there's a truth
        with contextlib.suppress(OSError):  # the next step tells
            self._worker.wire.send(("remove", actor))

    def close(self) -> None:
        """End the process, and wait for its end. Closing twice is harmless."""
        self._closed = True
        self._truth = None
        self._drop()

    def _ask(self, message: tuple[Any, ...], patience: float) -> tuple[Any, ...]:
        worker = self._worker
        assert worker is not None  # noqa: S101 - callers made one
        try:
            worker.wire.send(message)
            answer: tuple[Any, ...] = worker.wire.receive(patience)
        except TimeoutError as error:
            self._truth = None
            self._drop(kill=True)
            raise SimulatorError(
                f"SUMO gave no answer for {patience:g} s and was ended; the next reset "
                "starts a new process."
            ) from error
        except (EOFError, OSError) as error:
            self._truth = None
            obituary = worker.obituary()
            self._drop(kill=True)
            raise _Died(obituary) from error
        except BaseException:  # ^C: its answer would be taken for the next one
            self._truth = None
            self._drop(kill=True)
            raise
        if answer[0] == _FAILED:
            self._raise(*answer[1:])
        return answer

    def _raise(self, kind: str, message: str) -> None:
        """Raise what the worker raised."""
        if kind == "ValueError":
            raise ValueError(message)
        if kind == "MissingDependency":
            raise errors.MissingDependency("driving in SUMO (libsumo)", "driving")
        if kind == "TownError":
            raise errors.TownError(message)
        said = self._worker.said() if self._worker is not None else ""
        self._truth = None
        self._drop(kill=True)  # nobody knows what state it is in
        raise SimulatorError(message + said)

    def _drop(self, *, kill: bool = False) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end(kill=kill)


class _Worker:
    """The process, and the wire to it.

    Attributes:
        pid: Of the process that simulates, which is its fork once an episode was begun.
    """

    def __init__(self) -> None:
        here, there = socket.socketpair()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        paths = json.dumps([os.path.abspath(path) for path in sys.path])  # noqa: PTH100 - "" is one
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own code, by its full path
                [
                    sys.executable,
                    *("-c", _BOOTSTRAP),
                    *(str(there.fileno()), str(os.getpid()), paths),
                ],
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                start_new_session=True,  # a ^C in the terminal isn't meant for it
            )
        except OSError as error:
            here.close()
            self._errors.close()
            raise SimulatorError(f"a process for SUMO can't be started: {error}") from error
        finally:
            there.close()
        self.wire = Wire(here)
        self.pid = self._process.pid
        self._end = weakref.finalize(self, _end, self._process, self.wire, self._errors)

    @property
    def gone(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def said(self) -> str:
        """The end of what it wrote to its standard output and error, on a line of its own."""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - _SAID))
        text = self._errors.read().decode("utf-8", "replace").strip()
        return f"\nSUMO's process said: {text}" if text else ""

    def obituary(self) -> str:
        """Why it has gone, in words."""
        try:
            code = self._process.wait(_END_TIME)
        except subprocess.TimeoutExpired:
            return "SUMO's process doesn't answer any more." + self.said()
        how = f"ended with code {code}"
        if code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
            how = f"was killed by {name}"
        return (
            f"SUMO's process {how}: it crashed, or the machine ran out of memory. The next reset "
            f"starts a new one.{self.said()}"
        )

    def end(self, *, kill: bool) -> None:
        """End it. Once is enough."""
        if kill:
            self._process.kill()
        self._end()


def _end(process: subprocess.Popen[bytes], wire: Wire, said: IO[bytes]) -> None:
    wire.close()  # which tells it
    try:
        process.wait(_END_TIME)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    said.close()
