"""Fleet: processes that drive side by side, each with its own simulator."""

from __future__ import annotations

import contextlib
import signal
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from typing import Any

from langprop import errors
from langprop.driving.agents.drivers import Driver
from langprop.driving.agents.loading import check_scripts
from langprop.driving.judging.drive import Drive, drive
from langprop.driving.process import Process
from langprop.driving.simulator import Simulator
from langprop.driving.task import RouteTask
from langprop.errors import LangPropError, SimulatorError

_ATTEMPTS = 2


@dataclass(frozen=True)
class Trip:
    """A drive that is to be made.

    Attributes:
        driver: Who drives.
        task: The route.
        seed: Of the reset.
    """

    driver: Driver
    task: RouteTask
    seed: int


@dataclass(frozen=True)
class Failure:
    """A drive whose simulator died, twice.

    Attributes:
        task: Name of the route.
        seed: Of the reset.
        agent: Name of the driver.
        error: What is known of it.
    """

    task: str
    seed: int
    agent: str
    error: str


@dataclass(frozen=True)
class Equipment:
    """What a process of a fleet needs, beside the trips.

    Attributes:
        simulator: Makes its simulator; can be pickled.
        agreement: Whether the expert is asked what it would do.
        every: Ticks between such questions.
        isolation: How scripts are kept in; "none" for not at all.
        drivers: Whose scripts must load, before the first drive.
    """

    simulator: Callable[[], Simulator]
    agreement: bool = True
    every: int = 10
    isolation: str = "auto"
    drivers: tuple[Driver, ...] = ()


class _Worker:
    """One process, seen from outside."""

    def __init__(self, equipment: Equipment) -> None:
        self.process = Process(_work, equipment)
        self.connection = self.process.connection
        self.number: int | None = None  # of the trip that it makes
        self.ready = False


class Fleet:
    """Processes that drive side by side.

    Where a simulator dies, the process that drove with it is ended, and the trip is made once more
    in a new one with a new simulator; if that dies as well, it's recorded as failed. A simulator
    that has a process of its own, as `SumoSimulator` does, tells by a `SimulatorError`; one that
    doesn't takes the process that drove with it. A `SimulatorError` before any trip was made ends
    everything: another simulator would fare no better.

    Args:
        equipment: What each process needs.
        jobs: How many processes.

    Raises:
        ValueError: There are no processes.
    """

    def __init__(self, equipment: Equipment, jobs: int = 1) -> None:
        if jobs < 1:
            raise ValueError(f"jobs must be at least 1, but got {jobs!r}.")
        self._equipment = equipment
        self._jobs = jobs
        self._workers: list[_Worker] = []

    @property
    def pids(self) -> list[int]:
        """Process ids of the processes that there are."""
        return [worker.process.pid for worker in self._workers]

    def run(self, trips: Sequence[Trip]) -> Generator[tuple[int, Drive | Failure], None, None]:
        """Make all trips.

        Args:
            trips: The trips; begun in this order.

        Yields:
            Index of a trip and what came of it, as they end.

        Raises:
            SimulatorError: A simulator can't start, or broke before any trip was made.
            TownError: A town or a route doesn't exist.
            ConfigError: A driver's script can't be loaded.
            SandboxError: Scripts can't be isolated, or the sandbox failed.
        """
        waiting = deque(range(len(trips)))
        attempts = [0] * len(trips)
        deaths: dict[int, str] = {}  # of trips that are made once more
        left, succeeded = len(trips), False
        try:
            while left:
                while len(self._workers) < min(self._jobs, left):
                    self._workers.append(_Worker(self._equipment))
                for worker in self._workers:
                    if waiting and worker.ready and worker.number is None:
                        self._give(worker, waiting, attempts, trips)
                for worker in self._listen():
                    number = worker.number
                    kind, value = self._hear(worker)
                    if kind == "ready":
                        worker.ready = True
                        self._equipment = replace(self._equipment, drivers=())  # once is enough
                        continue
                    if kind == "error":
                        raise _error(*value)
                    if number is None:
                        raise SimulatorError(f"a process that was to drive can't start: {value}.")
                    if kind == "done":
                        worker.number, succeeded = None, True
                        value = replace(value, repeated=deaths.get(number, ""))
                    else:
                        self._bury(worker)
                        if kind == "broken" and not succeeded:  # nor will another, most likely
                            raise SimulatorError(value)
                        if attempts[number] < _ATTEMPTS:
                            waiting.appendleft(number)
                            deaths[number] = value
                            continue
                        trip = trips[number]
                        value = Failure(trip.task.name, trip.seed, trip.driver.name, value)
                    left -= 1
                    yield number, value
        finally:
            self.close()

    def close(self) -> None:
        """End all processes. Closing twice is harmless."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.process.end()
        for worker in workers:
            worker.process.close()

    def _listen(self) -> list[_Worker]:
        """Those who have something to say, or have died."""
        by_connection: dict[Any, _Worker] = {w.connection: w for w in self._workers}
        return [by_connection[connection] for connection in wait(list(by_connection))]

    def _give(
        self, worker: _Worker, waiting: deque[int], attempts: list[int], trips: Sequence[Trip]
    ) -> None:
        number = waiting.popleft()
        attempts[number] += 1
        worker.number = number
        # If it has gone, that is found out when it's listened to.
        with contextlib.suppress(OSError):
            worker.connection.send(trips[number])

    def _hear(self, worker: _Worker) -> tuple[str, Any]:
        """What a process says; that it "died", if it did, and how."""
        try:
            said: tuple[str, Any] = worker.connection.recv()
            return said
        except (EOFError, OSError):
            code = worker.process.exit_code()
            if code is not None and code < 0:
                return "died", f"the process of the simulator was killed by {_signal(-code)}"
            return "died", f"the process of the simulator ended with code {code}"

    def _bury(self, worker: _Worker) -> None:
        """End a process that is of no use any more."""
        self._workers.remove(worker)
        worker.process.close()


def _work(connection: Connection, equipment: Equipment) -> None:
    """What a process does: make trips until nobody sends any."""
    try:
        with _executor(equipment.isolation) as executor:
            check_scripts(equipment.drivers, executor)
            _make_trips(connection, equipment, executor)
    except LangPropError as error:
        with contextlib.suppress(OSError):
            connection.send(("error", (type(error).__name__, str(error))))
    except (EOFError, BrokenPipeError, ConnectionError):  # whoever started it has gone
        pass


def _make_trips(connection: Connection, equipment: Equipment, executor: Any) -> None:
    from langprop.driving.agents.expert import ExpertAgent

    simulator = equipment.simulator()
    try:
        connection.send(("ready", None))
        while True:
            trip: Trip = connection.recv()
            expert = ExpertAgent() if equipment.agreement else None
            with trip.driver.agent(executor) as agent:
                try:
                    found: Any = (
                        "done",
                        drive(
                            simulator,
                            trip.task,
                            trip.seed,
                            agent,
                            expert=expert,
                            every=equipment.every,
                        ),
                    )
                except SimulatorError as error:
                    found = "broken", str(error)
            connection.send(found)
    finally:
        simulator.close()


def _executor(isolation: str) -> Any:
    if isolation == "none":
        from langprop.executors.inline import InlineExecutor

        return InlineExecutor()
    from langprop.executors.local import LocalExecutor

    return LocalExecutor(workers=1, isolation=isolation)  # type: ignore[arg-type]  # checked there


def _error(name: str, message: str) -> LangPropError:
    """An error of a process, here."""
    kind = getattr(errors, name, SimulatorError)
    if kind in (errors.TownError, errors.SandboxError, errors.IsolationError, errors.ConfigError):
        found: LangPropError = kind(message)
        return found
    return SimulatorError(message)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
