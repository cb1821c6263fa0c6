"""LiteLLM: models of many providers, through the package `litellm`."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from langprop.errors import (
    ConfigError,
    LLMAuthError,
    LLMConnectionError,
    LLMError,
    MissingDependency,
)
from langprop.llms.background import AsyncLLM
from langprop.llms.base import Reply, Usage
from langprop.llms.endpoint import check_address, check_key
from langprop.llms.explain import Explainer
from langprop.llms.price import Price
from langprop.llms.retry import Retry, retry_after
from langprop.llms.sdk import chat, count
from langprop.llms.secrets import redacted
from langprop.prompts.fence import sendable
from langprop.prompts.message import Message

OURS = {
    "acompletion",
    "fallbacks",
    "max_retries",
    "messages",
    "mock_response",
    "model",
    "n",
    "num_retries",
    "stream",
    "stream_options",
    "timeout",
}
"""Parameters that this class sets itself, or that would change what comes back."""

_PREFIX = re.compile(r"^(?:(?:litellm\.)?\w*(?:Error|Exception|Timeout)(?:: | - ))+")
_SUFFIX = re.compile(r"\s*\.?\s*Handle with `litellm\.\w+`\.?$")
_ODD = re.compile(
    r"Unable to get json response|Empty or invalid response from LLM endpoint|\nTraceback \(most"
)


class LiteLLM(AsyncLLM):
    """A model of any provider that the package `litellm` knows.

    The package takes seconds to import, which happens here, and not at `import langprop`. Its own
    retries, its advice on the console, its look at the network for prices, and its reading of
    `.env` files are off.

    Args:
        model: "provider/name", such as "groq/llama-3.3-70b-versatile" or "gemini/gemini-2.5-pro".
        base_url: Address of the server, if it isn't the provider's own.
        api_key: Key; by default the environment variable that the provider's is named by. A server
            with a `base_url` of its own needs none.
        timeout: Longest time until a reply is complete, in one attempt [s].
        max_retries: Further attempts after one that failed but may succeed later; None for the
            default of `Retry`.
        retry: All about these attempts, instead of `max_retries`.
        price: What tokens cost, such as "3/15" (input/output, in US dollars for a million); None
            for what the table of prices, or your own, says.
        parameters: Passed to `litellm.acompletion` as they are: `temperature`, `max_tokens`,
            `reasoning_effort`, `drop_params`, `vertex_project`, `aws_region_name`, …

    Attributes:
        model: Name of the model, with its provider.
        parameters: What is sent with each request, without what looks like a secret.
        base_url: Address that requests go to; the provider's name where it is the provider's own.

    Raises:
        MissingDependency: The package isn't installed.
        LLMAuthError: There is no key, and no server of one's own.
        ConfigError: No provider is known by that name, or an address or a parameter can't work.
    """

    def __init__(
        self,
        model: str = "",
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 600.0,
        max_retries: int | None = None,
        retry: Retry | None = None,
        price: Price | str | None = None,
        **parameters: Any,
    ) -> None:
        super().__init__(timeout=timeout, max_retries=max_retries, retry=retry, price=price)
        if not model or not isinstance(model, str):
            raise ConfigError(
                'name a provider and its model: "litellm:groq/llama-3.3-70b-versatile".'
            )
        if "api_base" in parameters:
            raise ConfigError("write base_url=… instead of api_base=….")
        for name in parameters:
            if name in OURS:
                raise ConfigError(f"{name!r} is set by LiteLLM itself and can't be passed on.")
        if base_url:
            check_address(base_url)
        self._litellm = _import_litellm(model)
        try:
            provider = str(self._litellm.get_llm_provider(model, api_base=base_url)[1])
        except Exception as error:
            raise ConfigError(
                f"litellm knows no provider for {model!r}: write 'provider/model', such as "
                "'litellm:groq/llama-3.3-70b-versatile'; its documentation lists them."
            ) from error
        names = _key_names(self._litellm, model)
        key_name = " or ".join(names) or "the key"
        key = check_key(api_key, key_name)
        if key is None and names and base_url is None:
            raise LLMAuthError(
                f"no key for {model!r}: run  export {names[-1]}=…  or pass api_key=…; a server "
                "of your own needs only base_url='http://localhost:PORT/v1'."
            )
        if key is None and names:
            key = "none"  # litellm insists on one, and local servers don't look at it
        self.model = model
        self.name = f"litellm:{model}"
        self.base_url = base_url or provider
        self.parameters = redacted(parameters)
        self.find_price(model, base_url=base_url, provider=provider)
        self._settings = {
            **parameters,
            **({"api_key": key} if key else {}),
            **({"api_base": base_url} if base_url else {}),
        }
        # Its exceptions derive from those of OpenAI's SDK.
        openai = importlib.import_module("openai")
        self._explain = Explainer(
            openai, model, self.base_url, key_name=key_name, key=key, plain=_plain
        )
        self.secrets = self._explain.secrets

    async def ask(self, messages: Sequence[Message]) -> Reply:
        """Make one attempt to get one reply.

        Raises:
            LLMError: It failed.
        """
        start = time.perf_counter()
        try:
            completion = await self._litellm.acompletion(
                model=self.model,
                messages=chat(messages),
                timeout=self.timeout,
                num_retries=0,
                max_retries=0,
                **self._settings,
            )
        except asyncio.CancelledError:
            raise
        except Exception as error:
            translated, cause = self._translate(error)
            raise translated from cause
        return self._read(completion, time.perf_counter() - start)

    def _translate(self, error: Exception) -> tuple[LLMError, BaseException | None]:
        text = str(getattr(error, "message", error))
        if _ODD.search(text):  # litellm reports that as a lost connection
            return self._explain.no_json(_plain(text.partition("\nTraceback")[0])), None
        translated, cause = self._explain(error)
        if translated.transient and translated.retry_after is None:
            translated.retry_after = next(_asked_pauses(error), None)
        return translated, cause

    def _read(self, completion: Any, seconds: float) -> Reply:
        """Turn what litellm returned into a Reply."""
        try:
            choice = completion.choices[0]
            text = choice.message.content or ""
            reason = choice.finish_reason or "stop"
        except (AttributeError, TypeError, LookupError) as error:
            raise LLMConnectionError(
                f"{self.base_url} answered with something that isn't a chat completion: "
                f"{type(error).__name__}: {error}"
            ) from error
        usage = getattr(completion, "usage", None)
        details = getattr(usage, "prompt_tokens_details", None)
        spent = Usage(
            calls=1,
            prompt_tokens=count(usage, "prompt_tokens"),
            completion_tokens=count(usage, "completion_tokens"),
            cached_tokens=count(details, "cached_tokens"),
            seconds=seconds,
        )
        return Reply(
            sendable(str(text)),
            usage=self.priced(spent),
            model=str(getattr(completion, "model", None) or self.model),
            finish_reason=str(reason),
        )

    def __repr__(self) -> str:
        return f"LiteLLM({self.model!r}, base_url={self.base_url!r})"  # never the key


def _import_litellm(model: str) -> ModuleType:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it asks GitHub
    mode = os.environ.get("LITELLM_MODE")
    os.environ["LITELLM_MODE"] = mode or "PRODUCTION"  # else it reads .env files
    try:
        litellm = importlib.import_module("litellm")
    except ModuleNotFoundError as error:
        raise MissingDependency(f"the model {model!r}", "litellm") from error
    finally:
        if mode is None:
            del os.environ["LITELLM_MODE"]
    vars(litellm).update(suppress_debug_info=True, telemetry=False)
    return litellm


def _key_names(litellm: ModuleType, model: str) -> list[str]:
    """Environment variables for a key, one of which is needed and none of which is set."""
    missing = list(litellm.validate_environment(model).get("missing_keys") or [])
    # Other things than keys may come from elsewhere, such as the role of a cloud's machine.
    return missing if all(name.endswith("_API_KEY") for name in missing) else []


def _plain(text: str) -> str:
    """What the server said, without the names of exceptions around it."""
    text = _SUFFIX.sub("", _PREFIX.sub("", text))
    try:
        body = json.loads(text)
        return str(body["error"]["message"])
    except (ValueError, TypeError, LookupError):
        return text


def _asked_pauses(error: BaseException | None) -> Iterator[float]:
    """How long the server asks to wait [s]; for some providers only the inner errors know."""
    links = 0
    while error is not None and links < 10:
        response = getattr(error, "response", None)
        for holder in (response, error):
            for name in ("headers", "litellm_response_headers"):
                headers = getattr(holder, name, None)
                if isinstance(headers, Mapping):
                    seconds = retry_after(headers)
                    if seconds is not None:
                        yield seconds
        error, links = error.__cause__ or error.__context__, links + 1
