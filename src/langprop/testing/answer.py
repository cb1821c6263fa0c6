"""Answer: how a scripted server answers one request, in OpenAI's form or Anthropic's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """How the server answers one request.

    Attributes:
        text: What the model writes; None is sent as null.
        delay: Pause before the answer [s].
        status: HTTP status; from 400 on, `text` is the message of an error in the form of the
            protocol that was spoken.
        code: Code of that error, such as "context_length_exceeded"; its type, for Anthropic.
        headers: Further headers, such as {"Retry-After": "1"}.
        finish_reason: Why the model stopped, in OpenAI's words; those that Anthropic has other
            words for are translated.
        usage: The tokens it reports, by OpenAI's names or Anthropic's; None for none.
        body: Sent as it is instead of all this; a mapping is sent as JSON, text as HTML.
        drop: Close the connection without an answer.
        reset: Break the connection off without an answer (TCP reset).
        cut: Close the connection after half of the answer.
        stall: Send half of the answer, then nothing more until the server is closed.
        drip: Pause after each byte of the body [s].
    """

    text: str | None = ""
    delay: float = 0.0
    status: int = 200
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    finish_reason: str = "stop"
    usage: Mapping[str, Any] | None = field(
        default_factory=lambda: {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    )
    body: Mapping[str, Any] | str | bytes | None = None
    drop: bool = False
    reset: bool = False
    cut: bool = False
    stall: bool = False
    drip: float = 0.0

    def encode(self, path: str, request: Mapping[str, Any]) -> tuple[bytes, str]:
        """The body, and its content type.

        Args:
            path: Address of the request: what ends with "/messages" is Anthropic's protocol.
            request: What was asked.
        """
        body = self.body
        if isinstance(body, bytes):
            return body, "text/html"
        if isinstance(body, str):
            return body.encode(), "text/html; charset=utf-8"
        model = str(request.get("model"))
        if body is None and speaks_anthropic(path):
            if self.status < 400 and request.get("stream"):
                return self._events(model), "text/event-stream"
            body = self._message_error() if self.status >= 400 else self._message(model)
        elif body is None:
            body = self._chat_error() if self.status >= 400 else self._chat(model)
        return json.dumps(body).encode(), "application/json"

    def _chat(self, model: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": self.text}
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        return {
            "id": "chatcmpl-scripted",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [choice],
            "usage": self.usage,
        }

    def _chat_error(self) -> dict[str, Any]:
        kind = "invalid_request_error"
        return {"error": {"message": self.text, "type": kind, "param": None, "code": self.code}}

    def _message(self, model: str) -> dict[str, Any]:
        return {
            "id": "msg_scripted",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [] if self.text is None else [{"type": "text", "text": self.text}],
            "stop_reason": _STOP_REASONS.get(self.finish_reason, self.finish_reason),
            "stop_sequence": None,
            "usage": self._tokens(),
        }

    def _message_error(self) -> dict[str, Any]:
        kind = self.code or _ERROR_TYPES.get(self.status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": self.text}}

    def _events(self, model: str) -> bytes:
        """The same as a stream of events, the text in two parts."""
        whole = self._message(model)
        tokens = whole["usage"] or {}
        text = self.text or ""
        events: list[dict[str, Any]] = [
            {
                "type": "message_start",
                "message": {
                    **whole,
                    "content": [],
                    "stop_reason": None,
                    "usage": {**tokens, "output_tokens": 1},
                },
            },
            {
                "type": "content_block_start",
                "index": 0,
                "content_block": {"type": "text", "text": ""},
            },
            {"type": "ping"},
            *(
                {
                    "type": "content_block_delta",
                    "index": 0,
                    "delta": {"type": "text_delta", "text": part},
                }
                for part in (text[: len(text) // 2], text[len(text) // 2 :])
            ),
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": whole["stop_reason"], "stop_sequence": None},
                "usage": {"output_tokens": tokens.get("output_tokens", 0)},
            },
            {"type": "message_stop"},
        ]
        return "".join(
            f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events
        ).encode()

    def _tokens(self) -> dict[str, Any] | None:
        if self.usage is None or "input_tokens" in self.usage:
            return None if self.usage is None else dict(self.usage)
        cached = (self.usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        return {
            "input_tokens": self.usage.get("prompt_tokens", 0) - cached,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": cached,
            "output_tokens": self.usage.get("completion_tokens", 0),
        }


def speaks_anthropic(path: str) -> bool:
    """Whether an address is that of Anthropic's protocol."""
    return path.partition("?")[0].endswith("/messages")


_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
