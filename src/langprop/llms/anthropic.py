"""AnthropicLLM: Claude, through Anthropic's own SDK."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from typing import Any

from langprop.errors import ConfigError, LLMAuthError, LLMConnectionError, MissingDependency
from langprop.llms.base import Reply, Usage
from langprop.llms.endpoint import LOOPBACK, check_address, check_key
from langprop.llms.explain import Explainer
from langprop.llms.parameters import check_parameters
from langprop.llms.price import Price
from langprop.llms.retry import Retry
from langprop.llms.sdk import ClientLLM, count
from langprop.llms.secrets import redacted
from langprop.prompts.fence import sendable
from langprop.prompts.message import Message

OURS = {"max_tokens", "messages", "model", "stream", "system", "timeout"}
"""Parameters of the SDK that this class sets itself, or that would change what comes back."""

LONG = 8_192
"""Replies that may be longer are streamed [tokens]: a connection that is silent for minutes is
dropped on the way, and the SDK refuses long requests that aren't streamed."""

_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}


class AnthropicLLM(ClientLLM):
    """Claude, or another model behind Anthropic's Messages API.

    The client of the official SDK is made at once, so that the first step doesn't wait for it.

    Args:
        model: Name of the model, as the server knows it.
        base_url: Address of the server, without `/v1`; by default `ANTHROPIC_BASE_URL`, or
            Anthropic's.
        api_key: Key; by default `ANTHROPIC_API_KEY`. A server with a `base_url` of its own needs
            none.
        max_tokens: Longest reply [tokens], hidden thinking included.
        cache: Mark the system prompt to be kept by the server, which makes reading it again
            cheaper. Worth it for a long one that is sent again within minutes.
        timeout: Longest time until a reply is complete, in one attempt [s].
        max_retries: Further attempts after one that failed but may succeed later; None for the
            default of `Retry`. The SDK's own retries are off.
        retry: All about these attempts, instead of `max_retries`.
        price: What tokens cost, such as "3/15" (input/output, in US dollars for a million); None
            for what the table of prices, or your own, says.
        parameters: Passed to the server as they are: `thinking`, `output_config`,
            `stop_sequences`, `service_tier`, `extra_headers`, `extra_body`, …

    Attributes:
        model: Name of the model.
        parameters: What is sent with each request, without what looks like a secret.
        base_url: Address that requests go to.

    Raises:
        MissingDependency: The SDK isn't installed.
        LLMAuthError: There is no key, and no server of one's own.
        ConfigError: An address or a parameter can't work.
    """

    def __init__(
        self,
        model: str = "",
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        max_tokens: int = 8_192,
        cache: bool = False,
        timeout: float = 600.0,
        max_retries: int | None = None,
        retry: Retry | None = None,
        price: Price | str | None = None,
        **parameters: Any,
    ) -> None:
        super().__init__(timeout=timeout, max_retries=max_retries, retry=retry, price=price)
        if not model or not isinstance(model, str):
            raise ConfigError(
                'name a model: "anthropic:claude-sonnet-4-5", or AnthropicLLM("claude-sonnet-4-5").'
            )
        if isinstance(max_tokens, bool) or not isinstance(max_tokens, int) or max_tokens < 1:
            raise ConfigError(f"max_tokens must be a number of at least 1, but got {max_tokens!r}.")
        base_url = base_url or os.environ.get("ANTHROPIC_BASE_URL") or None
        address = check_address(base_url or "https://api.anthropic.com")
        key = check_key(api_key or os.environ.get("ANTHROPIC_API_KEY"), "ANTHROPIC_API_KEY")
        if key is None:
            if base_url is None:
                raise LLMAuthError(
                    f"no key for {model!r}: run  export ANTHROPIC_API_KEY=…  or pass api_key=…; a "
                    "server of your own needs only base_url='http://localhost:PORT'."
                )
            key = "none"  # without one, the SDK would look for a login of Anthropic's
        try:
            import anthropic
        except ImportError as error:
            raise MissingDependency(f"the model {model!r}", "anthropic") from error
        settings: dict[str, Any] = {"api_key": key, "timeout": timeout, "max_retries": 0}
        if base_url is not None:  # the SDK adds the /v1 itself
            settings["base_url"] = base_url.rstrip("/").removesuffix("/v1")

        def connect() -> Any:
            own: dict[str, Any] = {}
            if address.hostname in LOOPBACK:  # a proxy couldn't reach this machine's own servers
                direct = {"http://": None, "https://": None}  # this SDK looks for proxies itself
                own["http_client"] = anthropic.DefaultAsyncHttpxClient(
                    trust_env=False, timeout=timeout, mounts=direct
                )
            return anthropic.AsyncAnthropic(**settings, **own)

        self._connect = connect
        self._client = connect()
        create = self._client.messages.create  # loads the rest of the SDK now
        self.model = model
        self.name = f"anthropic:{model}"
        self._settings = {
            "max_tokens": max_tokens,
            **check_parameters(parameters, create, OURS, "AnthropicLLM"),
        }
        self.parameters = redacted(self._settings)
        self.cache = cache
        self.base_url = str(self._client.base_url)
        self.find_price(model, base_url=self.base_url)
        self._explain = Explainer(
            anthropic,
            model,
            self.base_url,
            key_name="ANTHROPIC_API_KEY",
            key=key,
            ending="without /v1",
        )
        self.secrets = self._explain.secrets

    async def ask(self, messages: Sequence[Message]) -> Reply:
        """Make one attempt to get one reply.

        Raises:
            LLMError: It failed.
        """
        request = {"model": self.model, **self._settings, **_conversation(messages, self.cache)}
        create = self.client.messages.create
        start = time.perf_counter()
        try:
            if self._settings["max_tokens"] > LONG:
                stream = await create(stream=True, **request)
                text, message = await self._collect(stream)
            else:
                message = await create(**request)
                text = None
        except asyncio.CancelledError:
            raise
        except LLMConnectionError:
            raise
        except Exception as error:
            translated, cause = self._explain(error)
            raise translated from cause
        return self._read(message, text, time.perf_counter() - start)

    async def _collect(self, stream: Any) -> tuple[str, Any]:
        """Read a stream to its end; returns the text, and what was said of it."""
        parts: list[str] = []
        message: Any = None
        async with stream:
            kind = stream.response.headers.get("content-type", "")
            if "event-stream" not in kind:
                raise self._explain.no_json(await stream.response.aread())
            async for event in stream:
                if event.type == "message_start":
                    message = event.message
                elif event.type == "content_block_delta" and event.delta.type == "text_delta":
                    parts.append(event.delta.text)
                elif event.type == "message_delta" and message is not None:
                    message.stop_reason = event.delta.stop_reason
                    # Those of the start are preliminary; what isn't told again stays as it was.
                    for name, value in event.usage.to_dict().items():
                        if value is not None:
                            setattr(message.usage, name, value)
        if message is None or message.stop_reason is None:
            early = LLMConnectionError(
                f"{self._explain.server} broke off in the middle of a reply."
            )
            early.transient = True
            raise early
        return "".join(parts), message

    def _read(self, message: Any, text: str | None, seconds: float) -> Reply:
        """Turn what the SDK returned into a Reply; it may be anything, where servers are odd."""
        content = getattr(message, "content", None)
        if isinstance(message, (str, bytes)) or message is None:
            raise self._explain.no_json(message or "")
        if not isinstance(content, (list, tuple)):
            reported = getattr(message, "error", None)
            if reported:
                raise self._explain.no_choices(reported)
            raise LLMConnectionError(
                f"{self.base_url} answered with JSON that isn't a message of Anthropic's: check "
                "that base_url=… is the address of such an API; for OpenAI's take openai:…."
            )
        if text is None:  # thinking and the use of tools are left out
            blocks = [block for block in content if getattr(block, "type", None) == "text"]
            text = "".join(str(getattr(block, "text", "") or "") for block in blocks)
        usage = getattr(message, "usage", None)
        cached = count(usage, "cache_read_input_tokens")
        reason = str(getattr(message, "stop_reason", None) or "stop")
        written = count(usage, "cache_creation_input_tokens")
        spent = Usage(
            calls=1,
            prompt_tokens=count(usage, "input_tokens") + written + cached,
            completion_tokens=count(usage, "output_tokens"),
            cached_tokens=cached,
            seconds=seconds,
        )
        return Reply(
            sendable(text),
            usage=self.priced(spent),
            model=str(getattr(message, "model", None) or self.model),
            finish_reason=_REASONS.get(reason, reason),
        )

    def __repr__(self) -> str:
        return f"AnthropicLLM({self.model!r}, base_url={self.base_url!r})"  # never the key


def _conversation(messages: Sequence[Message], cache: bool) -> dict[str, Any]:
    """The conversation as the API demands it: user first, roles in turns, no empty message."""
    system = "\n\n".join(_text(m) for m in messages if m.role == "system")
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "system":
            continue
        if turns and turns[-1]["role"] == message.role:
            turns[-1]["content"] += "\n\n" + _text(message)
        else:
            turns.append({"role": message.role, "content": _text(message)})
    if not turns:
        system, turns = "", [{"role": "user", "content": system or "(empty)"}]
    if turns[0]["role"] == "assistant":
        turns.insert(0, {"role": "user", "content": "(no question)"})
    if turns[-1]["role"] == "assistant":  # to be continued: the API refuses blanks at its end
        turns[-1]["content"] = turns[-1]["content"].rstrip()
    request: dict[str, Any] = {"messages": turns}
    if system:
        block = {"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}
        request["system"] = [block] if cache else system
    return request


def _text(message: Message) -> str:
    text = sendable(message.content)
    return text if text.strip() else "(empty)"
