"""LLM: messages in, replies with their usage out."""

from __future__ import annotations

import abc
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from langprop.errors import LLMError
from langprop.prompts.message import Message

if TYPE_CHECKING:
    from langprop.llms.price import Price

Role = Literal["setup", "update", "crossover", "repair", "continue"]
"""What a request is for. Accounts are kept by it."""


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

    @property
    def counted(self) -> bool:
        """Whether tokens were counted: a call reads some, so that 0 of them are unknown."""
        return not self.calls or self.prompt_tokens + self.completion_tokens > 0

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
        llm: Name of the `LLM` that wrote it, where that isn't the one that was asked: a recording
            says who answered then.
    """

    text: str
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    finish_reason: str = "stop"
    llm: str = ""


@dataclass(frozen=True)
class Request:
    """One conversation that is to be answered, and what it is for.

    Most models look at the messages only. A recording finds its reply by the rest, too, and a
    person who answers through a folder wants to know what it is about.

    Attributes:
        messages: The conversation.
        role: What the reply is for.
        step: Step of the training, from 0; -1 for the setup.
        index: Place of the script among those that are asked for in this step.
        attempt: 1 for the first request for this script, 2 for the one that repeats it, ...
        parent: Id of the script that is to be improved, if any.
        donor: Id of the second parent of a crossover, if any.
    """

    messages: Sequence[Message]
    role: Role = "update"
    step: int = 0
    index: int = 0
    attempt: int = 1
    parent: str | None = None
    donor: str | None = None


class LLM(abc.ABC):
    """A language model. A backend needs one method: `generate`.

    It may be called from several threads at once: a step's requests are all in flight together.

    Attributes:
        name: For logs, accounts and the origin of scripts, such as "openai:gpt-5-mini".
        parameters: What is sent with each request beside the messages, as plain data.
        price: What its tokens cost, if that is known.
        secrets: Keys, which must never be written down.
        recorded: Whether all that it says was paid for before: a budget needn't set anything aside.
        reports_price: Whether replies say what they cost: False where that is known to be unknown.
    """

    name: str = "llm"
    parameters: Mapping[str, Any] = {}
    price: Price | None = None
    recorded: bool = False
    reports_price: bool = True
    secrets: Sequence[str] = ()

    @abc.abstractmethod
    def generate(self, messages: Sequence[Message], n: int = 1) -> list[Reply]:
        """Ask for `n` independent replies.

        Raises:
            LLMError: The model could not be called; the subclass says why.
        """

    def request(self, request: Request) -> Reply:
        """Answer one request; this is what an optimizer calls.

        Raises:
            LLMError: The model could not be called; the subclass says why.
        """
        replies = self.generate(request.messages, 1)
        if len(replies) != 1:
            raise LLMError(f"{self.name} gave {len(replies)} replies where 1 was asked for.")
        usage = replies[0].usage
        # Whoever writes a backend may leave the usage out; a call was made all the same.
        return replace(replies[0], usage=replace(usage, calls=1)) if not usage.calls else replies[0]

    def choose(self) -> LLM:
        """The model that a new script shall be asked of: this one, unless it stands for several."""
        return self

    def learn(self, name: str, improved: bool, usage: Usage) -> None:  # noqa: B027 - most don't
        """Hear what came of a script: a model that stands for several may choose better then.

        Args:
            name: Of the model that `choose` gave for it.
            improved: Whether the script did better than its parent on the same samples.
            usage: What it cost, with all requests for it.
        """

    def seed(self, seed: int) -> None:  # noqa: B027 - most have no choices to make
        """Restart the generator of its own choices, if it makes any."""

    def cancel(self) -> None:  # noqa: B027 - optional: a plain function can't be interrupted
        """Give up what is in flight: those calls raise `LLMCancelled` soon. More may be asked."""

    def withdraw(self, threads: Collection[int | None]) -> None:  # noqa: B027 - optional
        """Give up what these threads wait for, and nothing else: others ask this model, too.

        By default it is waited for, and goes unheard.

        Args:
            threads: Their idents.
        """

    @property
    def behind(self) -> Sequence[LLM]:
        """The models that this one asks, if it stands for others."""
        return ()

    def state_dict(self) -> dict[str, Any]:
        """What the next choice or reply depends on, as plain JSON data."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:  # noqa: B027 - most have no state
        """Continue from a saved state."""

    def close(self) -> None:  # noqa: B027 - optional: a callable holds no connection
        """Let go of connections. Closing twice is harmless."""
