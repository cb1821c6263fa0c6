"""Many requests in flight together, replies as they complete."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from langprop.closing import Closing
from langprop.errors import LLMError
from langprop.llms.base import LLM, Reply, Request
from langprop.prompts.message import Message

T = TypeVar("T")
R = TypeVar("R")


class ThreadPool(Closing, Generic[T, R]):
    """Applies a function to items, many at a time, and hands results over as they complete.

    Unlike the executors of `concurrent.futures`, it never keeps the interpreter from ending: its
    threads are daemons, so that ^C doesn't wait for a server that doesn't answer.

    Args:
        function: Called from several threads at once.
        concurrency: Calls at a time.

    Raises:
        ValueError: `concurrency` is less than 1.
    """

    def __init__(self, function: Callable[[T], R], concurrency: int) -> None:
        if concurrency < 1:
            raise ValueError(f"concurrency must be at least 1, but got {concurrency!r}.")
        self.function = function
        self.concurrency = concurrency
        self._todo: queue.SimpleQueue[tuple[int, T] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[int, R | BaseException, bool] | None] = (
            queue.SimpleQueue()
        )
        self._threads: list[threading.Thread] = []
        self._submitted = 0
        self._pending = 0
        self._closed = threading.Event()

    def submit(self, item: T) -> int:
        """Start work on an item as soon as there is room; returns its number: 0, 1, 2, ..."""
        index = self._submitted
        self._submitted += 1
        self._pending += 1
        self._todo.put((index, item))
        if len(self._threads) < min(self._pending, self.concurrency):
            thread = threading.Thread(target=self._work, name="langprop-request", daemon=True)
            self._threads.append(thread)
            thread.start()
        return index

    @property
    def pending(self) -> int:
        """Items whose results weren't handed over yet."""
        return self._pending

    @property
    def in_flight(self) -> int:
        """Items that are being worked on, roughly; may be asked from any thread."""
        if self._closed.is_set():
            return 0
        return max(0, self._pending - self._todo.qsize() - self._done.qsize())

    def ready(self) -> list[tuple[int, R]]:
        """Wait until a result is there, and hand over all that are, with the items' numbers.

        Returns:
            At least one result; none if nothing is pending or the pool was closed.

        Raises:
            BaseException: What the function raised.
        """
        found: list[tuple[int, R]] = []
        while self._pending and not self._closed.is_set():
            try:
                done = self._done.get(block=not found)
            except queue.Empty:
                break
            if done is None:  # the pool was closed
                break
            index, result, failed = done
            self._pending -= 1
            if failed:
                assert isinstance(result, BaseException)  # noqa: S101 - for mypy
                raise result
            found.append((index, result))  # type: ignore[arg-type] # not failed: a result
        return found

    def completed(self) -> Iterator[tuple[int, R]]:
        """Results with the numbers of their items, as they complete, until nothing is pending.

        More items may be submitted meanwhile.

        Raises:
            BaseException: What the function raised.
        """
        while some := self.ready():
            yield from some

    def close(self) -> None:
        """Start nothing more. What is in flight runs on in the background, its results unheard."""
        self._closed.set()
        self._done.put(None)  # wakes whoever waits
        for _ in self._threads:
            self._todo.put(None)

    def _work(self) -> None:
        while (task := self._todo.get()) is not None:
            if self._closed.is_set():
                continue  # as far as the None that ends this thread
            index, item = task
            try:
                result = self.function(item)
            except BaseException as error:  # handed over to whoever waits
                self._done.put((index, error, True))
            else:
                self._done.put((index, result, False))
            del task, item


class RequestPool(ThreadPool[tuple[LLM, Request], "Reply | LLMError"]):
    """Requests to models, many in flight together; a request that fails is a result, too.

        with RequestPool(32) as pool:
            for request in requests:
                pool.send(llm, request)
            for index, result in pool.completed():
                ...  # may send more

    Args:
        concurrency: Requests in flight at a time.

    Raises:
        ValueError: `concurrency` is less than 1.
    """

    def __init__(self, concurrency: int = 32) -> None:
        super().__init__(_answer, concurrency)
        self._asked: dict[int, LLM] = {}  # by identity: models needn't be hashable

    def send(self, llm: LLM, request: Request) -> int:
        """Send a request as soon as there is room; returns its number: 0, 1, 2, ..."""
        if id(llm) not in self._asked:
            with _lock:
                self._asked[id(llm)] = llm
                _pools[id(self)] = self
        return self.submit((llm, request))

    def close(self) -> None:
        """Send nothing more, and give up what is in flight; not what others ask the same models."""
        super().close()
        with _lock:
            _pools.pop(id(self), None)
            asked = list(self._asked.values()) if self.pending else []
            shared = [_is_asked(llm) for llm in asked]
        for llm, others in zip(asked, shared, strict=True):
            if others:
                llm.withdraw({thread.ident for thread in self._threads})
            else:
                llm.cancel()


_lock = threading.Lock()
_pools: dict[int, RequestPool] = {}  # that are open, and have asked something


def _forked() -> None:
    """Threads of the parent aren't here: nobody would ever open its lock, or end its pools."""
    global _lock  # noqa: PLW0603 - the module's own
    _lock = threading.Lock()
    _pools.clear()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forked)


def close_unused(llm: LLM) -> None:
    """Let go of a model's connections, unless others ask it now: the last one closes them."""
    with _lock:
        if not _is_asked(llm):
            llm.close()


def _is_asked(llm: LLM) -> bool:
    """Whether an open pool has asked a model, or one that stands behind it; the lock is held."""
    asked = {id(other) for pool in list(_pools.values()) for other in pool._asked.values()}
    return not asked.isdisjoint(id(one) for one in [llm, *llm.behind])


def _answer(item: tuple[LLM, Request]) -> Reply | LLMError:
    llm, request = item
    try:
        return llm.request(request)
    except LLMError as error:
        return error


def generate_all(
    llm: LLM, requests: Sequence[Sequence[Message]], *, concurrency: int = 32
) -> Iterator[tuple[int, Reply | LLMError]]:
    """Send all requests, and yield each result with its index as it completes.

    Leaving the loop early, or ^C, gives up what is in flight.

    Args:
        llm: The model; called from several threads at once.
        requests: Conversations, one reply each.
        concurrency: Requests in flight at a time.

    Raises:
        ValueError: `concurrency` is less than 1.
    """
    with RequestPool(concurrency) as pool:
        for index, messages in enumerate(requests):
            pool.send(llm, Request(messages, index=index))
        yield from pool.completed()
