"""ReplayLLM: answers as a model did before; no key, no network."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from langprop import errors
from langprop.errors import ConfigError, LLMError, NotRecorded
from langprop.llms.base import LLM, Reply, Request, Usage
from langprop.llms.cassette import WITHHELD, Exchange, conversation_key, read_exchanges
from langprop.llms.price import Price
from langprop.prompts.message import Message


class Recording:
    """Replies that were recorded, by what they answer. Each is taken once.

    Args:
        exchanges: What was recorded.
    """

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, list[Exchange]] = defaultdict(list)
        self._places = set()
        for exchange in exchanges:
            self._open[conversation_key(exchange.request.messages)].append(exchange)
            self._places.add(_place(exchange.request))
        self.size = sum(map(len, self._open.values()))
        self._last = max((step for step, *_ in self._places), default=-1)

    @classmethod
    def read(cls, path: str | Path) -> Recording:
        """What was recorded of a run until it was broken off; nothing, if no line is whole.

        Raises:
            CheckpointError: It can't be read.
        """
        return cls(read_exchanges(path, empty=True))

    def take(self, request: Request) -> Reply | None:
        """The reply to exactly this request of the training; None if there is none."""
        found = self.find(request, exact=True)
        return found.reply if found is not None else None

    def find(self, request: Request, *, exact: bool = False) -> Exchange | None:
        """Take the exchange of this request out.

        Args:
            request: A request.
            exact: Whether it must have stood at the same place in the training, and been answered.
                Otherwise the next one with the same conversation will do as well.
        """
        place = _place(request)
        with self._lock:
            unused = self._open.get(conversation_key(request.messages), [])
            for index in reversed(range(len(unused))):  # the latest, if a step was taken again
                found = unused[index]
                if _place(found.request) == place and not (exact and found.reply is None):
                    return unused.pop(index)
            return None if exact or not unused else unused.pop(0)

    def ends_before(self, request: Request) -> bool:
        """Whether nothing was recorded of that place in the training, nor after it."""
        return request.step >= self._last and _place(request) not in self._places

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=threading.Lock())

    def __contains__(self, request: object) -> bool:
        """Whether the conversation was recorded, its replies taken or not."""
        return isinstance(request, Request) and conversation_key(request.messages) in self._open


class Known(LLM):
    """Gives one reply, which is known already.

    Args:
        reply: The reply.
    """

    name = "recorded"

    def __init__(self, reply: Reply) -> None:
        self.reply = reply

    def generate(self, messages: Sequence[Message], n: int = 1) -> list[Reply]:
        """The reply."""
        del messages
        return [self.reply] * n


def _place(request: Request) -> tuple[int, int, int, str]:
    return request.step, request.index, request.attempt, request.role


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
        self._recording = Recording(read_exchanges(path))

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
        found = self._recording.find(request)
        if found is None or found.outcome == WITHHELD:
            if self.otherwise is not None:
                return self.otherwise.request(request)
            raise self._missing(request, found)
        if found.reply is None:
            kind = getattr(errors, found.error[0], LLMError)
            known = isinstance(kind, type) and issubclass(kind, LLMError)
            raise (kind if known else LLMError)(found.error[1])
        return found.reply if self.otherwise is None else replace(found.reply, usage=Usage())

    def _missing(self, request: Request, found: Exchange | None) -> NotRecorded:
        where = (
            f"(step {request.step}, {request.role}, script {request.index}, attempt "
            f"{request.attempt})"
        )
        further = "further " if request in self._recording else ""
        error = NotRecorded(
            f"the recording {self.path} holds no {further}reply to this "
            f"prompt {where}: replay with the module, the data, the seed and the settings that it "
            f"was recorded with. It holds {self._recording.size} exchanges."
        )
        if found is not None:
            error.ended = found.error[1]
        elif self._recording.ends_before(request):
            error.ended = f"the recording {self.path} ends before this request {where}"
        return error

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
