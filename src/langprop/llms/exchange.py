"""ExchangeLLM: whoever answers files in a folder."""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from langprop.errors import ConfigError, LLMConnectionError
from langprop.llms.base import LLM, Reply, Request
from langprop.llms.connected import Connected
from langprop.llms.exchange_file import Asked
from langprop.llms.exchange_folder import ExchangeFolder
from langprop.llms.exchange_watcher import Waiting, Watcher
from langprop.prompts.message import Message


class ExchangeLLM(Connected, LLM):
    """Whoever answers files in a folder: a person, an agent, a batch API, an air-gapped site.

    Each request is a Markdown file, and so is its reply; docs/exchange.md tells the format. The
    name of a request holds a hash of what is asked and of its place in the training. So a run that
    is killed and started again finds its replies, and asks nothing twice.

    Args:
        folder: The folder; it is made if it isn't there.
        timeout: Longest wait for a reply [s]; None waits for ever.
        poll: Time between two looks at the folder [s].
        settle: A reply that was written in place is complete when it hasn't changed for so long
            [s]. One that ends with `END` is complete at once.
        empty_after: A reply that is still empty after so long is given up [s]; before, it may be a
            file that somebody writes into.

    Raises:
        ConfigError: The folder can't be made or written, or a number is out of range.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] = "",
        *,
        timeout: float | None = None,
        poll: float = 0.25,
        settle: float = 1.0,
        empty_after: float = 600.0,
    ) -> None:
        if not os.fspath(folder).strip():
            raise ConfigError('name a folder: "exchange:FOLDER", or ExchangeLLM("FOLDER").')
        numbers = {"poll": poll, "settle": settle, "empty_after": empty_after}
        for name, value in {**numbers, "timeout": 1.0 if timeout is None else timeout}.items():
            if not (value > 0 and math.isfinite(value)):
                raise ConfigError(
                    f"{name} must be a positive number of seconds, but got {value!r}."
                )
        self.timeout = timeout
        self.poll = poll
        self.settle = settle
        self.empty_after = empty_after
        self.name = "exchange:" + " ".join(os.fspath(folder).split())
        # Absolute: a program may change its folder.
        self.path = Path(os.path.abspath(os.path.expanduser(folder)))  # noqa: PTH100, PTH111 - resolve() would follow links
        folder_ = ExchangeFolder(self.path)
        folder_.make()
        self._watcher = Watcher(
            folder_, name=self.name, poll=poll, settle=settle, empty_after=empty_after
        )
        self._lock = threading.Lock()
        self._copies: dict[str, set[int]] = {}  # of equal questions, those in use or answered

    def generate(self, messages: Sequence[Message], n: int = 1) -> list[Reply]:
        """Ask for `n` independent replies: `n` files.

        The same question once more is a new request. A run that is started again asks in the same
        order, and finds what was answered.

        Raises:
            LLMConnectionError: No reply within the time limit.
            LLMRequestError: The reply is no text, or says that there is none.
            LLMCancelled: It was given up.
            LLMError: The folder can't be written or read.
        """
        return self._replies([Request(messages) for _ in range(n)])

    def request(self, request: Request) -> Reply:
        """Ask one request. Its place in the training is part of it: asked again, it is the same.

        Raises:
            LLMConnectionError: No reply within the time limit.
            LLMRequestError: The reply is no text, or says that there is none.
            LLMCancelled: It was given up.
            LLMError: The folder can't be written or read.
        """
        return self._replies([request])[0]

    def cancel(self) -> None:
        """Give up what is in flight. The files stay, and are taken up when it is asked again."""
        self._watcher.cancel()

    def close(self) -> None:
        """Give up what is in flight, and look at the folder no more."""
        self._watcher.close()

    def __repr__(self) -> str:
        return f"ExchangeLLM({str(self.path)!r})"

    def _replies(self, requests: Sequence[Request]) -> list[Reply]:
        with contextlib.ExitStack() as stack:
            waiting = [stack.enter_context(self._asked(request)) for request in requests]
            return [self._wait(one) for one in waiting]

    @contextlib.contextmanager
    def _asked(self, request: Request) -> Iterator[Waiting]:
        """Ask, and at the end leave the file to whoever asks again, unless there was a reply."""
        asked = Asked.of(request)
        copies = None if _has_place(request) else self._copies.setdefault(asked.id, set())
        if copies is not None:
            with self._lock:
                copy = next(number for number in itertools.count() if number not in copies)
                copies.add(copy)
            asked = Asked.of(request, copy)
        useless = True
        try:
            waiting = self._watcher.ask(asked)
            try:
                yield waiting
            finally:
                useless = self._watcher.leave(waiting)
        finally:
            if copies is not None and useless:
                copies.discard(asked.copy)

    def _wait(self, waiting: Waiting) -> Reply:
        left = None
        if self.timeout is not None:
            left = max(0.0, waiting.start + self.timeout - time.perf_counter())
        if not waiting.done.wait(left):
            late = LLMConnectionError(
                f"nobody answered {waiting.asked.file} in {self.path} within {self.timeout:g} s: "
                "raise timeout=…; a reply that comes later is found when the run is started again."
            )
            late.transient = True
            raise late
        if not isinstance(waiting.result, Reply):
            assert waiting.result is not None  # noqa: S101 - for mypy
            raise waiting.result
        return waiting.result


def _has_place(request: Request) -> bool:
    """Whether a request belongs to a training: an update has a parent there."""
    return request.role != "update" or request.parent is not None or request.attempt != 1
