"""What the backends that use an SDK have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langprop.llms.background import AsyncLLM
from langprop.prompts.fence import sendable
from langprop.prompts.message import Message


class ClientLLM(AsyncLLM):
    """A model behind an SDK's client, which is made anew after it was closed.

    A subclass sets `_connect`, which makes a client, and `_client`, the first one.
    """

    _connect: Callable[[], Any]
    _client: Any

    @property
    def client(self) -> Any:
        """The client; another one, if it was closed."""
        if self._client is None:
            self._client = self._connect()
        return self._client

    async def disconnect(self) -> None:
        """Close all connections; the next request opens others."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def abandon(self) -> None:
        """Forget all connections without closing them; the next request opens others."""
        self._client = None


def chat(messages: Sequence[Message]) -> list[dict[str, str]]:
    """A conversation in OpenAI's form."""
    return [{"role": message.role, "content": sendable(message.content)} for message in messages]


def count(holder: Any, name: str) -> int:
    """A number of tokens in what a server said of them; 0 if it said nothing."""
    value = getattr(holder, name, None)
    return max(0, value) if isinstance(value, int) else 0
