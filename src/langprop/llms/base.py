"""LLM: messages in, replies with their usage out."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass, field

from langprop.prompts.message import Message


@dataclass(frozen=True)
class Usage:
    """What one or several calls used.

    Attributes:
        calls: Requests that were answered.
        prompt_tokens: Tokens read.
        completion_tokens: Tokens written, with hidden reasoning.
        cached_tokens: Part of `prompt_tokens` that the server had cached.
        usd: Price [US dollar]; None where the price is unknown.
        seconds: Time until the reply was complete [s]; a sum for several calls.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    usd: float | None = None
    seconds: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        if (
            self.calls == 0 or other.calls == 0
        ):  # nothing was bought on one side: its price isn't unknown, but absent
            usd = self.usd if other.calls == 0 else other.usd
        else:
            usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return Usage(
            calls=self.calls + other.calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            usd=usd,
            seconds=self.seconds + other.seconds,
        )


@dataclass(frozen=True)
class Reply:
    """One answer of a model.

    Attributes:
        text: What it wrote.
        usage: What the call used.
        model: The model that answered, as the server names it.
        finish_reason: Why it stopped: "stop", "length", "content_filter", or what the server says.
    """

    text: str
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    finish_reason: str = "stop"


class LLM(abc.ABC):
    """A language model. A backend needs one method.

    `generate` may be called from several threads at once: a step's requests are all in flight
    together.

    Attributes:
        name: For logs and the origin of scripts, such as "openai:gpt-5-mini".
    """

    name: str = "llm"

    @abc.abstractmethod
    def generate(self, messages: Sequence[Message], n: int = 1) -> list[Reply]:
        """Ask for `n` independent replies.

        Raises:
            LLMError: The model could not be called; the subclass says why.
        """

    def close(self) -> None:  # noqa: B027 - optional: a callable holds no connection
        """Let go of connections. Closing twice is harmless."""
