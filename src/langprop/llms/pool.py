"""Many requests in flight together, replies as they complete."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from langprop.errors import LLMError
from langprop.llms.base import LLM, Reply
from langprop.prompts.message import Message

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")
R = TypeVar("R")


class ThreadPool(Generic[T, R]):
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
        self._done: queue.SimpleQueue[tuple[int, R | BaseException, bool]] = queue.SimpleQueue()
        self._threads = 0
        self._submitted = 0
        self._pending = 0
        self._closed = threading.Event()

    def submit(self, item: T) -> int:
        """Start work on an item as soon as there is room; returns its number: 0, 1, 2, ..."""
        index = self._submitted
        self._submitted += 1
        self._pending += 1
        self._todo.put((index, item))
        if self._threads < min(self._pending, self.concurrency):
            self._threads += 1
            threading.Thread(target=self._work, name="langprop-request", daemon=True).start()
        return index

    def completed(self) -> Iterator[tuple[int, R]]:
        """Results with the numbers of their items, as they complete, until nothing is pending.

        More items may be submitted meanwhile.

        Raises:
            BaseException: What the function raised.
        """
        while self._pending:
            index, result, failed = self._done.get()
            self._pending -= 1
            if failed:
                assert isinstance(result, BaseException)  # noqa: S101 - for mypy
                raise result
            yield index, result  # type: ignore[misc] # not failed: a result

    def close(self) -> None:
        """Start nothing more. What is in flight runs on in the background, its results unheard."""
        self._closed.set()
        for _ in range(self._threads):
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class RequestPool(ThreadPool[Sequence[Message], "Reply | LLMError"]):
    """Requests to one model, many in flight together; a request that fails is a result, too.

        with RequestPool(llm) as pool:
            for messages in conversations:
                pool.submit(messages)
            for index, result in pool.completed():
                ...  # may submit more

    Args:
        llm: The model; called from several threads at once.
        concurrency: Requests in flight at a time.

    Raises:
        ValueError: `concurrency` is less than 1.
    """

    def __init__(self, llm: LLM, concurrency: int = 32) -> None:
        super().__init__(self._generate, concurrency)
        self.llm = llm

    def _generate(self, messages: Sequence[Message]) -> Reply | LLMError:
        try:
            replies = self.llm.generate(messages, 1)
        except LLMError as error:
            return error
        if len(replies) != 1:
            return LLMError(f"{self.llm.name} gave {len(replies)} replies where 1 was asked for.")
        return replies[0]


def generate_all(
    llm: LLM, requests: Sequence[Sequence[Message]], *, concurrency: int = 32
) -> Iterator[tuple[int, Reply | LLMError]]:
    """Send all requests, and yield each result with its index as it completes.

    Leaving the loop early, or ^C, sends nothing more and waits for nothing.

    Args:
        llm: The model; called from several threads at once.
        requests: Conversations, one reply each.
        concurrency: Requests in flight at a time.

    Raises:
        ValueError: `concurrency` is less than 1.
    """
    with RequestPool(llm, concurrency) as pool:
        for messages in requests:
            pool.submit(messages)
        yield from pool.completed()
