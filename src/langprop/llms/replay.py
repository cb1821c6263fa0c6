"""ReplayLLM: answers as a model did before; no key, no network."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from langprop import errors
from langprop.errors import ConfigError, LLMError, NotRecorded
from langprop.llms.base import LLM, Reply, Request, Usage
from langprop.llms.cassette import WITHHELD, Exchange, conversation_key, read_exchanges
from langprop.llms.price import Price
from langprop.prompts.message import Message


class ReplayLLM(LLM):
    """Answers as a model did before: from the recording of a run.

    A request finds the reply to the same conversation; of several, the one that stood at the same
    place in the training (the last one, if a run was started again in the same folder), and
    otherwise the next one that wasn't used yet. A request that failed then fails again in the same
    way. Replies come with the usage that they had. What a budget kept back then is kept back again,
    whatever the order in which replies come now; so a run with a budget ends where it ended.

    Args:
        path: An `exchanges.jsonl`, or the folder of a run.
        otherwise: Model that is asked what the recording holds no reply to: the recording is a
            cache then, and what comes from it is free. None for an error.

    Raises:
        CheckpointError: There is no such recording.
    """

    def __init__(self, path: str | Path = "", otherwise: LLM | str | None = None) -> None:
        if not str(path):
            raise ConfigError('name a recording: "replay:runs/NAME", or its exchanges.jsonl.')
        self.path = Path(path)
        self.name = f"replay:{path}"
        if isinstance(otherwise, str):
            from langprop.registry import resolve

            otherwise = cast(LLM, resolve("llm", otherwise))
        self.otherwise = otherwise
        if otherwise is None:
            self.price = Price(0.0, 0.0)
            self.recorded = True
        self._lock = threading.Lock()
        self._open: dict[str, list[Exchange]] = defaultdict(list)
        exchanges = read_exchanges(path)
        self._size = len(exchanges)
        self._places = {_place(exchange.request) for exchange in exchanges}
        self._last = max(exchange.request.step for exchange in exchanges)
        for exchange in exchanges:
            self._open[conversation_key(exchange.request.messages)].append(exchange)

    def generate(self, messages: Sequence[Message], n: int = 1) -> list[Reply]:
        """The next `n` replies to this conversation.

        Raises:
            NotRecorded: The recording holds no more of them.
            LLMError: The request failed when it was recorded.
        """
        return [self.request(Request(messages)) for _ in range(n)]

    def request(self, request: Request) -> Reply:
        """The reply that was given to this request.

        Raises:
            NotRecorded: The recording holds none; `ended` says if it wasn't asked then, either.
            LLMError: The request failed when it was recorded.
        """
        found = self._take(request)
        if found is None or found.outcome == WITHHELD:
            if self.otherwise is not None:
                return self.otherwise.request(request)
            raise self._missing(request, found)
        if found.reply is None:
            kind = getattr(errors, found.error[0], LLMError)
            known = isinstance(kind, type) and issubclass(kind, LLMError)
            raise (kind if known else LLMError)(found.error[1])
        return found.reply if self.otherwise is None else replace(found.reply, usage=Usage())

    def _take(self, request: Request) -> Exchange | None:
        with self._lock:
            unused = self._open.get(conversation_key(request.messages), [])
            for number in reversed(range(len(unused))):
                if _place(unused[number].request) == _place(request):
                    return unused.pop(number)
            return unused.pop(0) if unused else None

    def _missing(self, request: Request, found: Exchange | None) -> NotRecorded:
        where = (
            f"(step {request.step}, {request.role}, script {request.index}, attempt "
            f"{request.attempt})"
        )
        error = NotRecorded(
            f"the recording {self.path} holds no {'further ' * self._knows(request)}reply to this "
            f"prompt {where}: replay with the module, the data, the seed and the settings that it "
            f"was recorded with. It holds {self._size} exchanges."
        )
        if found is not None:
            error.ended = found.error[1]
        elif request.step >= self._last and _place(request) not in self._places:
            error.ended = f"the recording {self.path} ends before this request {where}"
        return error

    def _knows(self, request: Request) -> bool:
        return conversation_key(request.messages) in self._open

    def choose(self) -> LLM:
        """This one; what it doesn't know is asked of a model that the other chooses."""
        return self

    def seed(self, seed: int) -> None:
        """Restart the other model's choices."""
        if self.otherwise is not None:
            self.otherwise.seed(seed)

    def withdraw(self, threads: Collection[int | None]) -> None:
        """Give up what these threads have in flight with the other model."""
        if self.otherwise is not None:
            self.otherwise.withdraw(threads)

    @property
    def behind(self) -> Sequence[LLM]:
        """The other model, and those behind it."""
        return () if self.otherwise is None else [self.otherwise, *self.otherwise.behind]

    def cancel(self) -> None:
        """Give up what the other model has in flight."""
        if self.otherwise is not None:
            self.otherwise.cancel()

    def close(self) -> None:
        """Let go of the other model's connections."""
        if self.otherwise is not None:
            self.otherwise.close()


def _place(request: Request) -> tuple[int, int, int, str]:
    return request.step, request.index, request.attempt, request.role
