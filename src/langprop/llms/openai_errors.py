"""Explainer: errors of the OpenAI SDK → ours, with what to do about them, and without secrets."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from langprop.errors import (
    LLMAuthError,
    LLMConnectionError,
    LLMError,
    LLMNotFoundError,
    LLMRequestError,
)
from langprop.prompts.abbreviate import shorten

_KEY_LIKE = re.compile(r"\b(?:sk|key|pk|gsk|xai)-[\w*.\-]{6,}|(?i:bearer)\s+[\w.\-~+/]{8,}=*")
_CONTEXT = re.compile(
    r"context[ _](?:length|window)|maximum context|too many tokens|prompt is too long",
    re.IGNORECASE,
)


class Explainer:
    """Turns errors of the SDK into ours. The key never appears in a text.

    Args:
        model: Name of the model.
        base_url: Address that requests go to.
        key_name: Environment variable that the key is looked for in.
        key: The key, to be blotted out; None if there is none.
        timeout: As given to the SDK [s].
        max_retries: As given to the SDK.
    """

    def __init__(
        self,
        model: str,
        base_url: str,
        *,
        key_name: str,
        key: str | None,
        timeout: float,
        max_retries: int,
    ) -> None:
        parts = urlsplit(base_url)
        self.secrets = [secret for secret in (key, parts.password) if secret and len(secret) > 4]
        self.server = urlunsplit(
            (parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", "")
        )
        self.model = model
        self.key_name = key_name
        self.timeout = timeout
        self.max_retries = max_retries

    def redact(self, text: str) -> str:
        """Blot out the key, and what looks like one."""
        for secret in self.secrets:
            text = text.replace(secret, "[key]")
        return _KEY_LIKE.sub("[key]", text)

    def __call__(self, error: Exception) -> tuple[LLMError, BaseException | None]:
        """Our error, and the SDK's as its cause, unless a secret stands in its text."""
        translated = self._translate(error)
        shown: BaseException | None = error
        links = 0
        while shown is not None and links < 10:  # a traceback prints the whole chain
            if self.redact(str(shown)) != str(shown):
                return translated, None
            shown, links = shown.__cause__ or shown.__context__, links + 1
        return translated, error

    def no_json(self, answer: Any) -> LLMConnectionError:
        """For an answer that is a page or a text where JSON was due."""
        text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
        return LLMConnectionError(self._no_json(text))

    def no_choices(self, reported: Any) -> LLMRequestError:
        """For an answer without choices; some routers report a failing model so."""
        message = reported.get("message") if isinstance(reported, dict) else reported
        detail = f": {self._brief(str(message))}" if message else ""
        return LLMRequestError(
            f"{self.server} answered without a choice for {self.model!r}{detail}."
        )

    def _translate(self, error: Exception) -> LLMError:
        import openai

        if isinstance(error, openai.APIStatusError):
            return self._status(error)
        if isinstance(error, openai.APITimeoutError):
            return LLMConnectionError(
                f"{self.server} sent nothing for {self.timeout:g} s{self._tries()}: raise "
                "timeout=…, or check that the server isn't overloaded."
            )
        if isinstance(error, openai.APIConnectionError):
            cause = self.redact(str(error.__cause__ or error))
            return LLMConnectionError(
                f"can't connect to {self.server} ({cause}){self._tries()}: check that the server "
                "runs, that base_url=… is right, and the network (proxy, firewall, VPN)."
            )
        if isinstance(error, (openai.APIResponseValidationError, ValueError)):  # broken JSON
            return LLMConnectionError(self._no_json(str(error)))
        return LLMError(f"{self.server}: {type(error).__name__}: {self._brief(str(error))}")

    def _status(self, error: Any) -> LLMError:
        status = int(error.status_code)
        detail = self._detail(error)
        code = str(getattr(error, "code", None) or "")
        page = self._page(error)
        if page and status not in (401, 404):
            return LLMConnectionError(f"status {status}: {self._no_json(page)}")
        if status == 401:
            return LLMAuthError(
                f"{self.server} refused the key ({detail}): check {self.key_name} or api_key=…."
            )
        if status == 403:
            return LLMAuthError(
                f"{self.server} doesn't let this key use {self.model!r} ({detail}): check "
                f"{self.key_name}, and what the account may use."
            )
        if status == 404:
            return LLMNotFoundError(
                f"{self.server} knows no model {self.model!r}, or isn't the address of an API "
                f"({detail}): check the model's name, and that base_url=… ends as the server wants "
                "it (often /v1)."
            )
        if code == "insufficient_quota":
            return LLMRequestError(f"the account at {self.server} has no credit left ({detail}).")
        if code == "context_length_exceeded" or (status in (400, 413) and _CONTEXT.search(detail)):
            return LLMRequestError(
                f"the prompt is too long for {self.model!r} ({detail}): shorten the templates, or "
                "choose a model with a longer context."
            )
        if status == 429:
            return LLMConnectionError(
                f"{self.server} limits the rate of requests{self._tries()} ({detail}): lower "
                "concurrency=…, or raise max_retries=…."
            )
        if status >= 500 or status == 408:
            return LLMConnectionError(
                f"{self.server} keeps failing with status {status}{self._tries()} ({detail})."
            )
        return LLMRequestError(
            f"{self.server} refuses the request with status {status} ({detail}): check the "
            f"parameters given for {self.model!r}."
        )

    def _detail(self, error: Any) -> str:
        body = getattr(error, "body", None)
        message = body.get("message") if isinstance(body, dict) else None
        if isinstance(body, dict) and isinstance(body.get("detail"), str):  # FastAPI servers
            message = message or body["detail"]
        return self._brief(str(message or getattr(error, "message", error))).rstrip(".")

    def _page(self, error: Any) -> str:
        response = getattr(error, "response", None)
        kind = str(getattr(response, "headers", {}).get("content-type", ""))
        return str(response.text) if response is not None and "html" in kind else ""

    def _no_json(self, text: str) -> str:
        return (
            f"{self.server} answered with a page or text instead of JSON ({self._brief(text)!r}): "
            "check that base_url=… is the address of the API (often ending in /v1), and that no "
            "proxy or login page stands in between."
        )

    def _tries(self) -> str:
        return f", {self.max_retries + 1} times" if self.max_retries else ""

    def _brief(self, text: str) -> str:
        return shorten(" ".join(self.redact(text).split()), 200)
