"""Crew: trusted processes of an executor, beside this one, that use the other cores."""

from __future__ import annotations

import contextlib
import pickle
import select
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any

from langprop.errors import SandboxError
from langprop.executors.helper import Helper, HelperGone
from langprop.executors.pickles import Gone, Ready

if TYPE_CHECKING:
    from langprop.executors.dispatcher import Dispatcher

Registry = dict[str | tuple[str, type[Warning], int], int]
"""Warnings that were given, as `warnings` notes it."""

PATIENCE = 2.0
"""Work that comes before helpers are started [s]: to start them takes a second of each core."""

_MOST_DEATHS = 6


class Crew:
    """Trusted processes, "helpers", that share a kind of work with this one.

    They are started when the work has taken long enough to pay for it, while it goes on, and end
    with this object or this process, whatever ends that. One thread at a time has them.

    Args:
        size: How many there are.
        start: Starts a helper in a thread that lives as long as the executor does: the system ends
            them with that thread.

    Attributes:
        size: As above.
        problem: Why there are none, where they can't be had; "" if nothing is known.
        refused: What they couldn't do; for whoever gives them work.
        why_not: Why they weren't given work the last time, for people.
        registry: Which warnings of theirs were shown; see `warnings.warn_explicit`.
    """

    def __init__(self, size: int, start: Callable[[], Future[Helper]]) -> None:
        self.size = size
        self.problem = self.why_not = ""
        self.refused: set[bytes] = set()
        self.registry: Registry = {}
        self.patience = PATIENCE
        self._start = start
        self._coming: list[Future[Helper]] = []
        self._helpers: list[Helper] = []
        self._lock = threading.Lock()
        self._spent = 0.0
        self._n_deaths = 0
        self._closed = False

    @contextlib.contextmanager
    def claimed(self) -> Iterator[bool]:
        """Whether they are this thread's while the block runs; no, if another one has them."""
        free = self.size > 0 and not self._closed and self._lock.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._lock.release()

    # Whoever has claimed them

    @property
    def helpers(self) -> list[Helper]:
        """Those that are there and ready."""
        return [each for each in self._helpers if each.ready]

    @property
    def expected(self) -> bool:
        """Whether there may be helpers later, if there are none now."""
        return bool(self._coming or self._helpers)

    def spend(self, seconds: float) -> None:
        """So much time was spent on the work, in this process [s]."""
        self._spent += seconds

    def is_worth_it(self, seconds: float) -> bool:
        """Whether helpers would pay, after so much more time [s]."""
        return self._spent + seconds >= self.patience and not self._closed

    def ask(self, count: int) -> None:
        """Have helpers started, so that there are some; returns at once.

        Args:
            count: How many; no more than `size`.
        """
        missing = min(count, self.size) - len(self._helpers) - len(self._coming)
        if self._closed or self.problem:
            return
        for _ in range(missing):
            self._coming.append(self._start())

    def hear(self, seconds: float = 0.0) -> list[tuple[Helper, Any]]:
        """What helpers say.

        Of one that has ended it is said that it is `Gone`, once; it isn't among `helpers` any more.

        Args:
            seconds: How long to wait for something.

        Raises:
            SandboxError: The executor was closed.
        """
        if self._closed:
            raise SandboxError("the executor was closed during a rollout.")
        self._greet()
        if not self._helpers:
            if self._coming and seconds:
                wait(self._coming, seconds)
            return []
        poll = select.poll()
        heard = {each.fileno(): each for each in self._helpers}
        for fd in heard:
            if fd >= 0:  # else another thread has closed it
                poll.register(fd, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(1_000 * seconds)}
        said: list[tuple[Helper, Any]] = []
        for helper in [each for fd, each in heard.items() if fd in ready]:
            try:
                said += [
                    (helper, each) for each in helper.receive() if not self._news(helper, each)
                ]
            except HelperGone as error:
                self._bury(helper, str(error))
                said.append((helper, Gone(str(error))))
        return said

    def _greet(self) -> None:
        """Take in those that were started meanwhile."""
        for future in [each for each in self._coming if each.done()]:
            self._coming.remove(future)
            try:
                self._helpers.append(future.result())
            except Exception as error:
                self.problem = f"{type(error).__name__}: {error}"

    def _news(self, helper: Helper, said: Any) -> bool:
        """Whether it was about the helper itself."""
        if not isinstance(said, Ready):
            return False
        helper.ready = not said.why_not
        self.problem = said.why_not
        return True

    def _bury(self, helper: Helper, why: str) -> None:
        if helper in self._helpers:
            self._helpers.remove(helper)
        helper.close()
        self._n_deaths += 1
        if not helper.ready or self._n_deaths >= _MOST_DEATHS:  # the next ones will do no better
            self.problem = self.problem or why

    # Any thread

    @property
    def pids(self) -> Sequence[int]:
        """Process ids of those that run."""
        return [each.pid for each in self._helpers]

    def close(self) -> None:
        """End them. Closing twice is harmless."""
        self._closed = True
        coming, self._coming = self._coming, []
        helpers, self._helpers = self._helpers, []
        for future in coming:
            if not future.cancel():
                with contextlib.suppress(Exception):
                    helpers.append(future.result())
        for each in helpers:
            each.hang_up()
        for each in helpers:
            each.close()


def start_helper(dispatcher: Dispatcher, serve: str, settings: dict[str, Any]) -> Future[Helper]:
    """Start a helper in the dispatcher's thread.

    Args:
        dispatcher: Of the executor.
        serve: Import string of what it does; see `helper_process`.
        settings: For the executor that it gets.

    Raises:
        SandboxError: The dispatcher is closed.
    """
    hello = pickle.dumps({"serve": serve, "settings": settings})
    return dispatcher.run(lambda: Helper(hello))
