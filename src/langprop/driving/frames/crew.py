"""Crew: processes that work side by side, and end with whoever waits for them."""

from __future__ import annotations

import contextlib
import pickle
import traceback
from collections.abc import Callable, Generator, Iterable
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple, TypeVar

from langprop.driving.process import Process
from langprop.errors import SimulatorError

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(work: Callable[[T], R], items: Iterable[T], jobs: int) -> Generator[R, None, None]:
    """Do work in processes, and yield what comes out in the order of the items.

    When the iterator is closed, or ^C or anything else ends this process, the others end at once.

    Args:
        work: A function at the top level of a module.
        items: What it is called with; these and what it returns are pickled.
        jobs: Number of processes.

    Raises:
        SimulatorError: A process was killed, for want of memory, say.
    """
    rest = enumerate(items)
    done: dict[int, _Outcome] = {}
    idle: list[Process] = []
    busy: dict[Any, tuple[int, Process]] = {}  # by connection
    turn = 0  # of the item whose result is yielded next
    try:
        while True:
            # Whoever is fast doesn't go too far ahead: results lie in memory.
            while len(busy) < jobs and len(busy) + len(done) <= 2 * jobs:
                number, item = next(rest, (-1, None))
                if number < 0:
                    break
                process = idle.pop() if idle else Process(_serve, work)
                busy[process.connection] = number, process
                with contextlib.suppress(OSError):  # if it has gone, that is heard
                    process.connection.send(item)
            if turn in done:
                yield _result(done.pop(turn))
                turn += 1
                continue
            if not busy:
                break
            for connection in wait(list(busy)):
                number, process = busy[connection]
                done[number] = _heard(process)
                idle.append(busy.pop(connection)[1])
                if done[number].error is not None:
                    rest = enumerate(())  # what was begun before it may still come to an end
    finally:
        processes = [*idle, *(process for _, process in busy.values())]
        for process in processes:
            process.end()
        for process in processes:
            process.close()


class _Outcome(NamedTuple):
    """What came of an item.

    Attributes:
        result: What the work returned.
        error: What it raised instead.
        trace: Where, in words.
    """

    result: Any = None
    error: Exception | None = None
    trace: str = ""


def _heard(process: Process) -> _Outcome:
    """What a process says of its item."""
    try:
        found: _Outcome = process.connection.recv()
        return found
    except (EOFError, OSError):
        return _Outcome(
            error=SimulatorError(
                "a process of those that drive side by side was killed, perhaps for want of "
                "memory: try again with fewer --jobs."
            )
        )


def _result(outcome: _Outcome) -> Any:
    if outcome.error is not None:
        raise outcome.error from (RuntimeError(outcome.trace) if outcome.trace else None)
    return outcome.result


def _serve(connection: Connection, work: Callable[[Any], Any]) -> None:
    """In each process: work until nobody gives any more."""
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            item = connection.recv()
            try:
                outcome = _Outcome(work(item))
            except Exception as error:
                trace = f"in another process:\n{traceback.format_exc()}"
                outcome = _Outcome(None, _portable(error), trace)
            connection.send(outcome)


def _portable(error: Exception) -> Exception:
    """An error as another process can read it."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:
        return SimulatorError(f"{type(error).__name__}: {error}")
    return error
