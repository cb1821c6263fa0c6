"""OpenAILLM: any server that speaks OpenAI's chat protocol, and Azure."""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from langprop.errors import (
    ConfigError,
    LLMAuthError,
    LLMConnectionError,
    MissingDependency,
)
from langprop.llms.base import Reply, Usage
from langprop.llms.endpoint import LOOPBACK, check_address, check_key
from langprop.llms.explain import Explainer
from langprop.llms.parameters import check_parameters
from langprop.llms.prices import Price
from langprop.llms.retry import Retry
from langprop.llms.sdk import ClientLLM, chat, count
from langprop.llms.secrets import redacted
from langprop.prompts.fence import sendable
from langprop.prompts.message import Message

OURS = {"messages", "model", "n", "stream", "stream_options", "timeout"}
"""Parameters of the SDK that this class sets itself, or that would change what comes back."""


class OpenAILLM(ClientLLM):
    """A model behind OpenAI's chat protocol.

    That is OpenAI itself, Azure, and servers such as vLLM, Ollama, LM Studio and OpenRouter. The
    client of the official SDK is made at once, so that the first step doesn't wait for it.

    Args:
        model: Name of the model, as the server knows it.
        base_url: Address of the server, with its `/v1`; by default `OPENAI_BASE_URL`, or OpenAI's.
        api_key: Key; by default `OPENAI_API_KEY` (Azure: `AZURE_OPENAI_API_KEY`). A server with a
            `base_url` of its own needs none.
        azure_endpoint: Address of an Azure resource: uses the SDK's `AsyncAzureOpenAI`.
        azure_deployment: Its deployment; by default the one named like the model.
        api_version: Version of Azure's API; by default `OPENAI_API_VERSION`.
        azure_ad_token_provider: Function that returns an Entra ID token, instead of a key.
        timeout: Longest time until a reply is complete, in one attempt [s].
        max_retries: Further attempts after one that failed but may succeed later; None for the
            default of `Retry`. The SDK's own retries are off.
        retry: All about these attempts, instead of `max_retries`.
        price: What tokens cost, such as "0.25/2" (input/output, in US dollars for a million); None
            for what the table of prices, or your own, says.
        parameters: Passed to the server as they are: `temperature`, `max_tokens`,
            `max_completion_tokens`, `reasoning_effort`, `top_p`, `seed`, `extra_body`, …

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
        azure_endpoint: str | None = None,
        azure_deployment: str | None = None,
        api_version: str | None = None,
        azure_ad_token_provider: Callable[[], str] | None = None,
        timeout: float = 600.0,
        max_retries: int | None = None,
        retry: Retry | None = None,
        price: Price | str | None = None,
        **parameters: Any,
    ) -> None:
        super().__init__(timeout=timeout, max_retries=max_retries, retry=retry, price=price)
        if not model or not isinstance(model, str):
            raise ConfigError('name a model: "openai:gpt-5-mini", or OpenAILLM("gpt-5-mini").')
        azure = azure_endpoint is not None
        if not azure and (azure_deployment or azure_ad_token_provider):
            raise ConfigError(
                "Azure needs its address: azure_endpoint='https://NAME.openai.azure.com'."
            )
        if azure and base_url is not None:
            raise ConfigError("give either base_url or azure_endpoint, not both.")
        base_url = base_url or (None if azure else os.environ.get("OPENAI_BASE_URL")) or None
        address = check_address(azure_endpoint or base_url or "https://api.openai.com/v1")
        if azure and not (api_version or os.environ.get("OPENAI_API_VERSION")):
            raise ConfigError("Azure needs api_version='…' (or export OPENAI_API_VERSION=…).")
        key_name = "AZURE_OPENAI_API_KEY" if azure else "OPENAI_API_KEY"
        key = check_key(api_key or os.environ.get(key_name), key_name)
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
        settings: dict[str, Any] = {"api_key": key, "timeout": timeout, "max_retries": 0}
        if azure:
            settings |= {
                "azure_endpoint": azure_endpoint,
                "azure_deployment": azure_deployment,
                "api_version": api_version,
                "azure_ad_token_provider": azure_ad_token_provider,
            }
        else:
            settings["base_url"] = base_url

        def connect() -> Any:
            own: dict[str, Any] = {}
            if address.hostname in LOOPBACK:  # a proxy couldn't reach this machine's own servers
                own["http_client"] = openai.DefaultAsyncHttpxClient(
                    trust_env=False, timeout=timeout
                )
            return (openai.AsyncAzureOpenAI if azure else openai.AsyncOpenAI)(**settings, **own)

        self._connect = connect
        self._client = connect()
        create = self._client.chat.completions.create  # loads the rest of the SDK now
        self.model = model
        self.name = f"openai:{model}"
        self._settings = check_parameters(parameters, create, OURS, "OpenAILLM")
        self.parameters = redacted(self._settings)
        self.base_url = str(self._client.base_url)
        self.find_price(model, base_url=self.base_url, provider="azure" if azure else None)
        self.reports_price = self.reports_price or "openrouter" in (address.hostname or "")
        self._explain = Explainer(openai, model, self.base_url, key_name=key_name, key=key)
        self.secrets = self._explain.secrets

    async def ask(self, messages: Sequence[Message]) -> Reply:
        """Make one attempt to get one reply.

        Raises:
            LLMError: It failed.
        """
        create = self.client.chat.completions.create
        start = time.perf_counter()
        try:
            # Many servers ignore `n`: one request per reply.
            completion = await create(model=self.model, messages=chat(messages), **self._settings)
        except asyncio.CancelledError:
            raise
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
        spent = Usage(
            calls=1,
            prompt_tokens=count(usage, "prompt_tokens"),
            completion_tokens=count(usage, "completion_tokens"),
            cached_tokens=count(details, "cached_tokens"),
            usd=_amount(usage, "cost"),  # OpenRouter's bill
            seconds=seconds,
        )
        return Reply(
            sendable(str(text)),
            usage=self.priced(spent),
            model=str(getattr(completion, "model", None) or self.model),
            finish_reason=str(reason),
        )

    def __repr__(self) -> str:
        return f"OpenAILLM({self.model!r}, base_url={self.base_url!r})"  # never the key


def _text(content: Any) -> str:
    """Some servers send the text in parts."""
    if isinstance(content, (list, tuple)):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return "" if content is None else str(content)


def _amount(holder: Any, name: str) -> float | None:
    value = getattr(holder, name, None)
    return float(value) if isinstance(value, (int, float)) and 0 <= value < math.inf else None
