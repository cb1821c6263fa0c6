"""Crew: processes that work side by side, and end with whoever waits for them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from langprop.errors import SimulatorError

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(work: Callable[[T], R], items: Iterable[T], jobs: int) -> Generator[R, None, None]:
    """Do work in processes, and yield what comes out in the order of the items.

    When the iterator is closed, or ^C ends it, the processes end at once.

    Args:
        work: A function at the top level of a module.
        items: What it is called with; these and what it returns are pickled.
        jobs: Number of processes.

    Raises:
        SimulatorError: A process was killed, for want of memory, say.
    """
    context = multiprocessing.get_context("spawn")  # a fork would share what threads hold
    pids = context.SimpleQueue()
    waiting: deque[Future[R]] = deque()
    rest = iter(items)
    pool = ProcessPoolExecutor(jobs, context, _begin, (pids,))
    try:
        while True:
            for item in rest:
                waiting.append(pool.submit(work, item))
                if len(waiting) > 2 * jobs:
                    break
            if not waiting:
                break
            yield waiting.popleft().result()
        pool.shutdown()
    except BrokenProcessPool as error:
        raise SimulatorError(
            "a process of those that drive side by side was killed, perhaps for want of memory: "
            "try again with fewer --jobs."
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        while not pids.empty():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pids.get(), signal.SIGTERM)


def _begin(pids: Any) -> None:
    """In each process, first of all: ^C is for the one that waits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pids.put(os.getpid())
