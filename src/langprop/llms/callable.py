"""CallableLLM: a plain Python function as a language model."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from langprop.errors import LLMError
from langprop.llms.base import LLM, Reply, Usage
from langprop.prompts.message import Message


class CallableLLM(LLM):
    """A plain Python function as a language model.

    Args:
        function: Takes the messages and returns the reply as text, or a `Reply` with its usage. It
            is called from several threads at once.
        name: For logs and the origin of scripts.

    Raises:
        TypeError: `function` can't be called.
    """

    def __init__(
        self, function: Callable[[list[Message]], str | Reply], *, name: str | None = None
    ) -> None:
        if not callable(function):
            raise TypeError(f"an LLM must be a function of messages, but got {function!r}.")
        self.function = function
        self.name = name or f"callable:{getattr(function, '__name__', type(function).__name__)}"

    def generate(self, messages: Sequence[Message], n: int = 1) -> list[Reply]:
        """Call the function `n` times.

        Raises:
            LLMError: The function raised something or returned no text.
        """
        return [self._call(list(messages)) for _ in range(n)]

    def _call(self, messages: list[Message]) -> Reply:
        start = time.perf_counter()
        try:
            reply = self.function(messages)
        except LLMError:
            raise
        except Exception as error:
            raise LLMError(f"{self.name} raised {type(error).__name__}: {error}") from error
        seconds = time.perf_counter() - start
        if isinstance(reply, str):
            return Reply(reply, usage=Usage(calls=1, seconds=seconds), model=self.name)
        if isinstance(reply, Reply):
            return reply if reply.usage.calls else replace(reply, usage=Usage(1, seconds=seconds))
        raise LLMError(
            f"{self.name} must return the reply as text or as a Reply, but returned "
            f"{type(reply).__name__}."
        )
