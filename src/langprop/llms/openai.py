"""OpenAILLM: any server that speaks OpenAI's chat protocol, and Azure."""

from __future__ import annotations

import inspect
import math
import os
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from langprop.errors import (
    ConfigError,
    LLMAuthError,
    LLMConnectionError,
    MissingDependency,
)
from langprop.llms.base import LLM, Reply, Usage
from langprop.llms.openai_errors import Explainer
from langprop.llms.pool import ThreadPool
from langprop.prompts.fence import sendable
from langprop.prompts.message import Message

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
OURS = {"messages", "model", "n", "stream", "stream_options", "timeout"}
"""Parameters of the SDK that this class sets itself, or that would change what comes back."""


class OpenAILLM(LLM):
    """A model behind OpenAI's chat protocol.

    That is OpenAI itself, Azure, and servers such as vLLM, Ollama, LM Studio and OpenRouter. The
    client of the official SDK is made at once, so that the first step doesn't wait for it.
    Retries are the SDK's; there is no second layer.

    Args:
        model: Name of the model, as the server knows it.
        base_url: Address of the server, with its `/v1`; by default `OPENAI_BASE_URL`, or OpenAI's.
        api_key: Key; by default `OPENAI_API_KEY` (Azure: `AZURE_OPENAI_API_KEY`). A server with a
            `base_url` of its own needs none.
        azure_endpoint: Address of an Azure resource: uses the SDK's `AzureOpenAI`.
        azure_deployment: Its deployment; by default the one named like the model.
        api_version: Version of Azure's API; by default `OPENAI_API_VERSION`.
        azure_ad_token_provider: Function that returns an Entra ID token, instead of a key.
        timeout: Longest wait for the next bytes of a reply [s].
        max_retries: Times that the SDK sends a request again after a lost connection, a time-out,
            status 408, 409, 429 or 5xx, with growing pauses.
        parameters: Passed to the server as they are: `temperature`, `max_tokens`,
            `max_completion_tokens`, `reasoning_effort`, `top_p`, `seed`, `extra_body`, …

    Attributes:
        model: Name of the model.
        parameters: What is sent with each request.
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
        azure_endpoint: str | None = None,
        azure_deployment: str | None = None,
        api_version: str | None = None,
        azure_ad_token_provider: Callable[[], str] | None = None,
        timeout: float = 300.0,
        max_retries: int = 2,
        **parameters: Any,
    ) -> None:
        if not model or not isinstance(model, str):
            raise ConfigError('name a model: "openai:gpt-5-mini", or OpenAILLM("gpt-5-mini").')
        if not (timeout > 0 and math.isfinite(timeout)):
            raise ConfigError(f"timeout must be a positive number of seconds, but got {timeout!r}.")
        if max_retries < 0:
            raise ConfigError(f"max_retries must not be negative, but got {max_retries!r}.")
        azure = azure_endpoint is not None
        if not azure and (azure_deployment or azure_ad_token_provider):
            raise ConfigError(
                "Azure needs its address: azure_endpoint='https://NAME.openai.azure.com'."
            )
        if azure and base_url is not None:
            raise ConfigError("give either base_url or azure_endpoint, not both.")
        base_url = base_url or (None if azure else os.environ.get("OPENAI_BASE_URL")) or None
        address = _check_address(azure_endpoint if azure else base_url)
        if azure and not (api_version or os.environ.get("OPENAI_API_VERSION")):
            raise ConfigError("Azure needs api_version='…' (or export OPENAI_API_VERSION=…).")
        key_name = "AZURE_OPENAI_API_KEY" if azure else "OPENAI_API_KEY"
        key = _check_key(api_key or os.environ.get(key_name), key_name)
        if key is None and azure_ad_token_provider is None:
            if azure or base_url is None:
                raise LLMAuthError(
                    f"no key for {model!r}: run  export {key_name}=…  or pass api_key=…; a local "
                    "server needs only base_url='http://localhost:PORT/v1'."
                )
            key = "none"  # the SDK insists on one, and local servers don't look at it
        try:
            import openai
        except ImportError as error:
            raise MissingDependency(f"the model {model!r}", "openai") from error
        settings: dict[str, Any] = {"timeout": timeout, "max_retries": max_retries}
        if address.hostname in LOOPBACK:  # a proxy could not reach this machine's own servers
            settings["http_client"] = openai.DefaultHttpxClient(trust_env=False, timeout=timeout)
        if azure:
            self._client: Any = openai.AzureOpenAI(
                azure_endpoint=str(azure_endpoint),
                azure_deployment=azure_deployment,
                api_version=api_version,
                api_key=key,
                azure_ad_token_provider=azure_ad_token_provider,
                **settings,
            )
        else:
            self._client = openai.OpenAI(base_url=base_url, api_key=key, **settings)
        self._create = self._client.chat.completions.create  # loads the rest of the SDK now
        self.model = model
        self.name = f"openai:{model}"
        self.parameters = _check_parameters(parameters, self._create)
        self.base_url = str(self._client.base_url)
        self._explain = Explainer(
            model,
            self.base_url,
            key_name=key_name,
            key=key,
            timeout=timeout,
            max_retries=max_retries,
        )

    def generate(self, messages: Sequence[Message], n: int = 1) -> list[Reply]:
        """Ask for `n` independent replies: `n` requests in flight together.

        Raises:
            LLMAuthError: The key was refused.
            LLMNotFoundError: The server doesn't know the model or the address.
            LLMRequestError: The server refuses the request, such as a context that is too long.
            LLMConnectionError: No network, a time-out, or a server that keeps failing.
        """
        if n == 1:
            return [self._request(messages)]
        with ThreadPool(self._request, max(1, n)) as pool:
            for _ in range(n):
                pool.submit(messages)
            return [reply for _, reply in sorted(pool.completed(), key=lambda result: result[0])]

    def _request(self, messages: Sequence[Message]) -> Reply:
        sent = [
            {"role": message.role, "content": sendable(message.content)} for message in messages
        ]
        start = time.perf_counter()
        try:
            # Many servers ignore `n`: one request per reply.
            completion = self._create(model=self.model, messages=sent, **self.parameters)
        except Exception as error:
            translated, cause = self._explain(error)
            raise translated from cause
        return self._read(completion, time.perf_counter() - start)

    def _read(self, completion: Any, seconds: float) -> Reply:
        """Turn what the SDK returned into a Reply; it may be anything, where servers are odd."""
        choices = getattr(completion, "choices", None)
        if isinstance(completion, (str, bytes)) or not hasattr(completion, "choices"):
            raise self._explain.no_json(completion)
        if not choices:
            raise self._explain.no_choices(getattr(completion, "error", None))
        try:
            choice = choices[0]
            message = choice.message
            text = _text(message.content) or getattr(message, "refusal", None) or ""
            reason = choice.finish_reason or "stop"
        except (AttributeError, TypeError, LookupError) as error:
            raise LLMConnectionError(
                f"{self.base_url} answered with JSON that isn't a chat completion: "
                f"{type(error).__name__}: {error}"
            ) from error
        usage = getattr(completion, "usage", None)
        details = getattr(usage, "prompt_tokens_details", None)
        return Reply(
            sendable(str(text)),
            usage=Usage(
                calls=1,
                prompt_tokens=_count(usage, "prompt_tokens"),
                completion_tokens=_count(usage, "completion_tokens"),
                cached_tokens=_count(details, "cached_tokens"),
                seconds=seconds,
            ),
            model=str(getattr(completion, "model", None) or self.model),
            finish_reason=str(reason),
        )

    def close(self) -> None:
        """Close all connections. Closing twice is harmless."""
        self._client.close()

    def __repr__(self) -> str:
        return f"OpenAILLM({self.model!r}, base_url={self.base_url!r})"  # never the key


def _check_address(address: str | None) -> Any:
    parts = urlsplit(address or "https://api.openai.com/v1")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            f"an address must look like 'http://localhost:8000/v1', but got {address!r}."
        )
    return parts


def _check_key(key: str | None, key_name: str) -> str | None:
    key = (key or "").strip()  # a key read from a file ends with a newline
    if not key:
        return None
    if not key.isascii() or any(char.isspace() or not char.isprintable() for char in key):
        raise LLMAuthError(
            f"the key holds characters that no key has: check {key_name} or api_key=…."
        )
    return key


def _check_parameters(parameters: dict[str, Any], create: Callable[..., Any]) -> dict[str, Any]:
    known = set(inspect.signature(create).parameters) - OURS
    for name in parameters:
        if name in OURS:
            raise ConfigError(f"{name!r} is set by OpenAILLM itself and can't be passed on.")
        if name not in known:
            raise ConfigError(
                f"the SDK knows no parameter {name!r}; a server's own parameters go into "
                f"extra_body={{{name!r}: …}}."
            )
    return dict(parameters)


def _text(content: Any) -> str:
    """Some servers send the text in parts."""
    if isinstance(content, (list, tuple)):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return "" if content is None else str(content)


def _count(holder: Any, name: str) -> int:
    value = getattr(holder, name, None)
    return value if isinstance(value, int) else 0
