"""ReplayLLM: answers as a model did before; no key, no network."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from langprop import errors
from langprop.errors import ConfigError, LLMError, LLMRequestError
from langprop.llms.base import LLM, Reply, Request, Usage
from langprop.llms.cassette import Exchange, conversation_key, read_exchanges
from langprop.llms.price import Price
from langprop.prompts.message import Message


class ReplayLLM(LLM):
    """Answers as a model did before: from the recording of a run.

    A request finds the reply to the same conversation; of several, the one that stood at the same
    place in the training, and otherwise the next one that wasn't used yet. A request that failed
    then fails again in the same way. Replies come with the usage that they had, so that a run with
    a budget ends where it ended.

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
        self._lock = threading.Lock()
        self._open: dict[str, list[Exchange]] = defaultdict(list)
        self._size = 0
        for exchange in read_exchanges(path):
            self._open[conversation_key(exchange.request.messages)].append(exchange)
            self._size += 1

    def generate(self, messages: Sequence[Message], n: int = 1) -> list[Reply]:
        """The next `n` replies to this conversation.

        Raises:
            LLMRequestError: The recording holds no more of them.
            LLMError: The request failed when it was recorded.
        """
        return [self.request(Request(messages)) for _ in range(n)]

    def request(self, request: Request) -> Reply:
        """The reply that was given to this request.

        Raises:
            LLMRequestError: The recording holds none.
            LLMError: The request failed when it was recorded.
        """
        found = self._take(request)
        if found is None:
            if self.otherwise is not None:
                return self.otherwise.request(request)
            raise LLMRequestError(
                f"the recording {self.path} holds no {'further ' * self._knows(request)}reply to "
                f"this prompt (step {request.step}, {request.role}, script {request.index}, "
                f"attempt {request.attempt}): replay with the module, the data, the seed and the "
                f"settings that it was recorded with. It holds {self._size} exchanges."
            )
        if found.reply is None:
            kind = getattr(errors, found.error[0], LLMError)
            known = isinstance(kind, type) and issubclass(kind, LLMError)
            raise (kind if known else LLMError)(found.error[1])
        return found.reply if self.otherwise is None else replace(found.reply, usage=Usage())

    def _take(self, request: Request) -> Exchange | None:
        with self._lock:
            unused = self._open.get(conversation_key(request.messages), [])
            for place, exchange in enumerate(unused):
                then = exchange.request
                if (then.step, then.index, then.attempt, then.role) == (
                    request.step,
                    request.index,
                    request.attempt,
                    request.role,
                ):
                    return unused.pop(place)
            return unused.pop(0) if unused else None

    def _knows(self, request: Request) -> bool:
        return conversation_key(request.messages) in self._open

    def choose(self) -> LLM:
        """This one; what it doesn't know is asked of a model that the other chooses."""
        return self

    def seed(self, seed: int) -> None:
        """Restart the other model's choices."""
        if self.otherwise is not None:
            self.otherwise.seed(seed)

    def cancel(self) -> None:
        """Give up what the other model has in flight."""
        if self.otherwise is not None:
            self.otherwise.cancel()

    def close(self) -> None:
        """Let go of the other model's connections."""
        if self.otherwise is not None:
            self.otherwise.close()
