"""Dialogue: the conversation that one script is asked for in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from langprop.llms.base import LLM, Reply, Request, Role, Usage
from langprop.prompts.message import Message
from langprop.scripts.script import Script


@dataclass(frozen=True)
class Dialogue:
    """The conversation that one script is asked for in, as far as it has come.

    Attributes:
        index: Place of the script among those of this step.
        step: Step of the optimizer; -1 for the setup.
        llm: The model that is asked.
        messages: The conversation so far.
        role: What the next reply is for.
        parent: The script that is to be improved, if any.
        donor: Id of the second parent, if any.
        edits: Whether edits of the parent are asked for in place of a whole script.
        attempt: 1 until a reply was no use.
        requests: Requests that were sent.
        partial: What was written until the model was cut off, and shall go on.
        continued: How often it was asked to.
        usage: Of all requests so far.
    """

    index: int
    step: int
    llm: LLM
    messages: tuple[Message, ...]
    role: Role
    parent: Script | None = None
    donor: str | None = None
    edits: bool = False
    attempt: int = 1
    requests: int = 0
    partial: str = ""
    continued: int = 0
    usage: Usage = field(default_factory=Usage)

    @property
    def request(self) -> Request:
        """The next request."""
        return Request(
            self.messages,
            self.role,
            self.step,
            self.index,
            self.requests + 1,
            self.parent.id if self.parent is not None else None,
            self.donor,
        )

    def answered(self, reply: Reply) -> Dialogue:
        """After a reply, which isn't among the messages yet."""
        return replace(self, requests=self.requests + 1, usage=self.usage + reply.usage)

    def failed(self) -> Dialogue:
        """After a request that wasn't answered: one call of no cost."""
        return replace(self, requests=self.requests + 1, usage=self.usage + Usage(1, usd=0.0))

    def go_on(self, text: str, question: list[Message]) -> Dialogue:
        """Asks the model to go on with what it has written.

        Args:
            text: All of what it has written.
            question: The request to go on.
        """
        # What stands behind the first request for this attempt is what was cut off.
        before = self.messages[: -1 - len(question)] if self.continued else self.messages
        return replace(
            self,
            messages=(*before, Message("assistant", text), *question),
            role="continue",
            partial=text,
            continued=self.continued + 1,
        )

    def again(self, quoted: str, question: list[Message]) -> Dialogue:
        """Asks again.

        Args:
            quoted: The reply that was no use.
            question: Why, and what is wanted.
        """
        return replace(
            self,
            messages=(*self.messages, Message("assistant", quoted), *question),
            role="repair",
            attempt=self.attempt + 1,
            partial="",
            continued=0,
        )
