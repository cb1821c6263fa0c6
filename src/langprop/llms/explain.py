"""Explainer: errors of an SDK → ours, with what to do about them, and without secrets."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from langprop.errors import (
    LLMAuthError,
    LLMConnectionError,
    LLMError,
    LLMNotFoundError,
    LLMRequestError,
)
from langprop.llms.retry import retry_after
from langprop.llms.secrets import redact
from langprop.prompts.abbreviate import shorten

_CONTEXT = re.compile(
    r"context[ _](?:length|window|size)|maximum context|too many (?:input )?tokens"
    r"|prompt is too long|reduce the length|maximum (?:input|prompt) length",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"content[ _-]?(?:filter|policy|management)|responsible ?ai|safety system|usage polic",
    re.IGNORECASE,
)
_NO_CREDIT = re.compile(
    r"insufficient[ _](?:quota|credit|balance|funds)|credit balance|exceeded your current quota"
    r"|billing",
    re.IGNORECASE,
)
_MAY_PASS = {408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529}
"""Statuses after which the same request may succeed."""

_STATUS_OF = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""Statuses by the type of an error that comes within a stream, whose own status is 200.

Source: Anthropic's API reference, "Errors".
"""

_NO_TLS = re.compile(r"wrong[ _]version[ _]number|record layer failure|unknown protocol", re.I)
_BAD_CERTIFICATE = re.compile(r"certificate[ _]verify[ _]failed|hostname mismatch", re.I)


class Explainer:
    """Turns errors of an SDK into ours. The key never appears in a text.

    Args:
        sdk: Where the classes of the errors are: `openai`, or `anthropic`, which has the same.
        model: Name of the model.
        base_url: Address that requests go to.
        key_name: Environment variable that the key is looked for in.
        key: The key, to be blotted out; None if there is none.
        ending: How the addresses of such servers often end.
        plain: Takes off what the SDK puts around the server's message.
    """

    def __init__(
        self,
        sdk: ModuleType,
        model: str,
        base_url: str,
        *,
        key_name: str,
        key: str | None,
        ending: str = "often ending in /v1",
        plain: Callable[[str], str] = str,
    ) -> None:
        parts = urlsplit(base_url)
        self.sdk = sdk
        self.secrets = [secret for secret in (key, parts.password) if secret and len(secret) > 4]
        self.server = urlunsplit(
            (parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", "")
        )
        self.model = model
        self.key_name = key_name
        self.ending = ending
        self.plain = plain

    def redact(self, text: str) -> str:
        """Blot out the key, and what looks like one."""
        return redact(text, self.secrets)

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
        sdk = self.sdk
        if isinstance(error, sdk.APIStatusError) or (
            # litellm has errors with a status that are none of OpenAI's kinds.
            type(error).__name__ == "APIError" and hasattr(error, "status_code")
        ):
            translated = self._status(error)
            headers = getattr(getattr(error, "response", None), "headers", None) or {}
            translated.transient = type(translated) is LLMConnectionError
            translated.retry_after = retry_after(headers) if translated.transient else None
            return translated
        if isinstance(error, sdk.APITimeoutError):
            return _transient(
                f"{self.server} sent nothing for too long: raise timeout=…, or check that the "
                "server isn't overloaded."
            )
        if isinstance(error, sdk.APIConnectionError):
            return self._no_connection(error.__cause__ or error)
        if any(kind.__name__ == "TransportError" for kind in type(error).__mro__):
            return self._no_connection(error)  # of httpx, from within a stream
        if isinstance(error, (sdk.APIResponseValidationError, ValueError, RecursionError)):
            # Broken JSON, or deeper than any answer is.
            return LLMConnectionError(self._no_json(str(error)))
        if isinstance(error, sdk.APIError):  # such as an error within a stream
            return LLMRequestError(f"{self.server}: {self._brief(str(error))}")
        return LLMError(f"{self.server}: {type(error).__name__}: {self._brief(str(error))}")

    def _no_connection(self, cause: BaseException) -> LLMConnectionError:
        detail = self._brief(self.plain(str(cause)) or type(cause).__name__).rstrip(".")
        if _NO_TLS.search(detail):
            return LLMConnectionError(
                f"{self.server} doesn't speak TLS ({detail}): write base_url='http://…' without "
                "the s, or the port that does."
            )
        if _BAD_CERTIFICATE.search(detail):
            return LLMConnectionError(
                f"the certificate of {self.server} isn't trusted ({detail}): check the address; "
                "for an authority of your own run  export SSL_CERT_FILE=…."
            )
        return _transient(
            f"can't connect to {self.server}, or it broke off ({detail}): check that the server "
            "runs, that base_url=… is right, and the network (proxy, firewall, VPN)."
        )

    def _status(self, error: Any) -> LLMError:
        detail = self._detail(error)
        code = _code(error)
        status = int(error.status_code)
        if status < 400:  # what came within a stream
            status = _STATUS_OF.get(code, 500)
        page = self._page(error)
        if page and status not in (401, 404):
            text = f"status {status}: {self._no_json(page)}"
            return LLMConnectionError(text) if status in _MAY_PASS else LLMRequestError(text)
        if status == 401:
            return LLMAuthError(
                f"{self.server} refused the key ({detail}): check {self.key_name} or api_key=…."
            )
        if code == "insufficient_quota" or status == 402 or _NO_CREDIT.search(detail):
            return LLMRequestError(f"the account at {self.server} has no credit left ({detail}).")
        if status == 403:
            return LLMAuthError(
                f"{self.server} doesn't let this key use {self.model!r} ({detail}): check "
                f"{self.key_name}, and what the account may use."
            )
        if status == 404:
            return LLMNotFoundError(
                f"{self.server} knows no model {self.model!r}, or isn't the address of an API "
                f"({detail}): check the model's name, and that base_url=… is the address of the "
                f"API ({self.ending})."
            )
        if (
            code == "context_length_exceeded"
            or status == 413
            or (status in (400, 422) and _CONTEXT.search(detail))
        ):
            return LLMRequestError(
                f"the prompt is too long for {self.model!r} ({detail}): shorten the templates, or "
                "choose a model with a longer context."
            )
        if status in (400, 422, 451) and (_REFUSED.search(code) or _REFUSED.search(detail)):
            return LLMRequestError(
                f"{self.server} refuses the content of the prompt ({detail}): see it with "
                "`langprop prompt`, and change the stub, the templates or the data."
            )
        if status == 429:
            return LLMConnectionError(
                f"{self.server} limits the rate of requests ({detail}): lower concurrency=…, or "
                "raise max_retries=…."
            )
        if status in _MAY_PASS or status >= 500:
            return LLMConnectionError(
                f"{self.server} keeps failing with status {status} ({detail})."
            )
        return LLMRequestError(
            f"{self.server} refuses the request with status {status} ({detail}): check the "
            f"parameters given for {self.model!r}."
        )

    def _detail(self, error: Any) -> str:
        body = _body(error)
        message = body.get("message") if isinstance(body, dict) else None
        if isinstance(body, dict) and isinstance(body.get("detail"), str):  # FastAPI servers
            message = message or body["detail"]
        return self._brief(self.plain(str(message or getattr(error, "message", error)))).rstrip(".")

    def _page(self, error: Any) -> str:
        response = getattr(error, "response", None)
        kind = str(getattr(response, "headers", {}).get("content-type", ""))
        return str(response.text) if response is not None and "html" in kind else ""

    def _no_json(self, text: str) -> str:
        return (
            f"{self.server} answered with a page or text instead of JSON ({self._brief(text)!r}): "
            f"check that base_url=… is the address of the API ({self.ending}), and that no proxy "
            "or login page stands in between."
        )

    def _brief(self, text: str) -> str:
        return shorten(" ".join(self.redact(text).split()), 200)


def _body(error: Any) -> Any:
    """What the server says; Anthropic's SDK leaves it in its wrapping."""
    body = getattr(error, "body", None)
    inner = body.get("error") if isinstance(body, dict) else None
    return inner if isinstance(inner, dict) else body


def _code(error: Any) -> str:
    body = _body(error)
    kind = body.get("type") if isinstance(body, dict) else None
    return str(getattr(error, "code", None) or kind or "")


def _transient(text: str) -> LLMConnectionError:
    error = LLMConnectionError(text)
    error.transient = True
    return error
