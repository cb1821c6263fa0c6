"""Outbox: what is to be sent, in a thread of its own."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable

CAPACITY = 1000  # entries that wait; a server that is slower than the run loses the rest


class Outbox:
    """Does jobs in order in a thread of its own, so that a slow server holds nobody up.

    A job that fails is told of with the next call; the jobs behind it are done all the same.

    Args:
        name: Who it belongs to, for messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.SimpleQueue[tuple[Callable[[], None], bool] | None] = queue.SimpleQueue()
        self._failure: BaseException | None = None
        self._broken = False  # a job failed that all others need
        self._lost = 0
        # Not waited for when the process ends: a server that never answers mustn't keep it.
        self._thread = threading.Thread(target=self._work, name=f"outbox of {name}", daemon=True)
        self._thread.start()

    def put(self, job: Callable[[], None], *, vital: bool = False) -> None:
        """Have a job done.

        Args:
            job: What to do.
            vital: Whether all later jobs are in vain if it fails.

        Raises:
            Exception: An earlier job failed with it; each failure is told of once at the most.
            RuntimeError: Too many jobs wait, so that this one won't be done.
        """
        if self._jobs.qsize() < CAPACITY or vital:
            self._jobs.put((job, vital))
        elif not self._lost:
            self._lost = 1
            raise RuntimeError(
                f"{self._name} is slower than the run: {CAPACITY:,} entries wait to be sent, and "
                "what comes while they do is left out."
            )
        else:
            self._lost += 1
        self._tell()

    def close(self, patience: float, last: Callable[[], None]) -> None:
        """Do what is left, for a while.

        Args:
            last: One more job.
            patience: Time at the most [s]; what isn't done then is given up.

        Raises:
            Exception: A job failed with it.
            TimeoutError: Time is over.
        """
        self._jobs.put((last, False))
        self._jobs.put(None)
        self._thread.join(min(patience, threading.TIMEOUT_MAX))
        if self._thread.is_alive():
            left = max(1, self._jobs.qsize() - 1)  # the last entry only ends the thread
            with contextlib.suppress(queue.Empty):
                while True:
                    self._jobs.get_nowait()
            self._jobs.put(None)
            raise TimeoutError(
                f"{self._name} was given up after {patience:g} s, with {left:,} entries to send: "
                "is the network there?"
            )
        self._tell()

    def _tell(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _work(self) -> None:
        while (entry := self._jobs.get()) is not None:
            job, vital = entry
            if self._broken:
                continue
            try:
                job()
            except Exception as error:
                self._failure, self._broken = error, vital
            except BaseException as error:  # a package that calls sys.exit; nobody asked us to end
                self._failure = RuntimeError(f"{self._name} failed: {error!r}")
                self._failure.__cause__, self._broken = error, vital
