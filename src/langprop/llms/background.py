"""AsyncLLM: a model that is asked over the network, many requests at a time on one thread."""

from __future__ import annotations

import abc
import asyncio
import concurrent.futures
import contextlib
import math
import os
import random
import threading
import weakref
from collections.abc import Collection, Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from langprop.errors import ConfigError, LLMCancelled, LLMConnectionError
from langprop.llms.base import LLM, Reply, Usage
from langprop.llms.connected import Connected
from langprop.llms.prices import Price, cost, price_of
from langprop.llms.retry import Retry
from langprop.prompts.message import Message

T = TypeVar("T")

_lock = threading.Lock()
_loops: dict[int, asyncio.AbstractEventLoop] = {}  # by process: a fork has no thread to run it
_all: weakref.WeakSet[AsyncLLM] = weakref.WeakSet()


def _forked() -> None:
    """Locks, connections and what is in flight are the parent's: none is of use here."""
    global _lock  # noqa: PLW0603 - the module's own
    _lock = threading.Lock()
    for llm in list(_all):
        llm._flying.clear()
        llm.abandon()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forked)


def loop() -> asyncio.AbstractEventLoop:
    """The event loop that requests run on: one for the whole process, on a thread of its own.

    The thread is a daemon: ^C doesn't wait for a server that doesn't answer.
    """
    with _lock:
        found = _loops.get(os.getpid())
        if found is None:
            found = _loops[os.getpid()] = asyncio.new_event_loop()
            threading.Thread(
                target=found.run_forever, name="langprop-requests", daemon=True
            ).start()
        return found


class AsyncLLM(Connected, LLM):
    """A model that is asked over the network. A backend needs one coroutine: `ask`.

    Retries, the time limit, and giving up what is in flight are done here, the same for all.

    Args:
        timeout: Longest time until a reply is complete, in one attempt [s].
        max_retries: Further attempts after one that failed but may succeed later; None for the
            default of `Retry`.
        retry: All about these attempts, instead of `max_retries`.
        price: What tokens cost, such as "0.25/2" (input/output, in US dollars for a million); None
            for what `find_price` finds.

    Raises:
        ConfigError: A number is out of range.
    """

    def __init__(
        self,
        *,
        timeout: float = 600.0,
        max_retries: int | None = None,
        retry: Retry | None = None,
        price: Price | str | None = None,
    ) -> None:
        if not (timeout > 0 and math.isfinite(timeout)):
            raise ConfigError(f"timeout must be a positive number of seconds, but got {timeout!r}.")
        self.timeout = timeout
        try:
            self.retry = retry or (Retry() if max_retries is None else Retry(max_retries))
        except ValueError as error:
            raise ConfigError(str(error)) from error
        self.price = Price.parse(price) if isinstance(price, str) else price
        self._flying: dict[concurrent.futures.Future[Any], int] = {}  # and the thread that waits
        _all.add(self)
        self._not_before = 0.0  # [s] on the loop's clock: until then the server wants no requests

    def find_price(
        self, *models: str, base_url: str | None = None, provider: str | None = None
    ) -> None:
        """Look the price up, unless it was given; see `price_of`."""
        if self.price is None:
            self.price = price_of(*models, base_url=base_url, provider=provider)
        self.reports_price = self.price is not None

    def priced(self, usage: Usage) -> Usage:
        """The usage with its price, if that is known and isn't there yet."""
        if usage.usd is not None:
            return usage
        return replace(usage, usd=cost(usage, self.price))

    @abc.abstractmethod
    async def ask(self, messages: Sequence[Message]) -> Reply:
        """Make one attempt to get one reply.

        Raises:
            LLMError: It failed; `transient` says whether another attempt may help.
        """

    async def disconnect(self) -> None:
        """Close all connections."""

    def abandon(self) -> None:
        """Forget all connections without closing them: after a fork they are another process's."""

    def generate(self, messages: Sequence[Message], n: int = 1) -> list[Reply]:
        """Ask for `n` independent replies: `n` requests in flight together.

        Raises:
            LLMAuthError: The key was refused.
            LLMNotFoundError: The server doesn't know the model or the address.
            LLMRequestError: The server refuses the request, such as a context that is too long.
            LLMConnectionError: No network, a time-out, or a server that keeps failing.
            LLMCancelled: It was given up.
        """
        futures = [self._start(self._answer(list(messages))) for _ in range(n)]
        try:
            # Where one fails, the others aren't waited for.
            first = concurrent.futures.FIRST_EXCEPTION
            done = concurrent.futures.wait(futures, return_when=first).done
            for future in futures:
                if future in done:
                    future.result()
            return [future.result() for future in futures]
        except concurrent.futures.CancelledError as error:
            raise LLMCancelled(f"the request to {self.name} was given up.") from error
        finally:
            for future in futures:  # those that a failure or ^C left behind
                future.cancel()

    def cancel(self) -> None:
        """Give up what is in flight, and close its connections."""
        for future in list(self._flying):
            future.cancel()

    def withdraw(self, threads: Collection[int | None]) -> None:
        """Give up what these threads wait for, and close its connections."""
        for future, thread in list(self._flying.items()):
            if thread in threads:
                future.cancel()

    def close(self) -> None:
        """Close all connections. Closing twice is harmless."""
        self.cancel()
        if os.getpid() not in _loops:
            return
        with contextlib.suppress(Exception):  # a connection that is broken is closed, too
            asyncio.run_coroutine_threadsafe(self.disconnect(), loop()).result(5.0)

    def _start(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        future = asyncio.run_coroutine_threadsafe(work, loop())
        self._flying[future] = threading.get_ident()
        future.add_done_callback(lambda done: self._flying.pop(done, None))
        return future

    async def _answer(self, messages: Sequence[Message]) -> Reply:
        # A server that refuses the others would refuse this one. Once it is sent, its own refusals
        # say when it comes again: those of others would bring all back at the same moment.
        seconds = self._not_before - asyncio.get_running_loop().time()
        if seconds > 0:
            await asyncio.sleep(seconds * (1 + 0.5 * random.random()))  # noqa: S311 - no secret
        return await self.retry(lambda: self._attempt(messages), self._pause)

    async def _attempt(self, messages: Sequence[Message]) -> Reply:
        clock = asyncio.get_running_loop().time
        try:
            return await asyncio.wait_for(self.ask(messages), self.timeout)
        except (asyncio.TimeoutError, TimeoutError) as error:
            late = LLMConnectionError(
                f"{self.name} gave no complete reply within {self.timeout:g} s: raise timeout=…, "
                "or check that the server isn't overloaded."
            )
            late.transient = True
            raise late from error
        except LLMConnectionError as error:
            if error.retry_after and error.retry_after <= self.retry.total:
                self._not_before = max(self._not_before, clock() + error.retry_after)
            raise

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
