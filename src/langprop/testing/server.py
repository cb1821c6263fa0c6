"""ScriptedServer: a server on loopback that answers as told, as OpenAI's and Anthropic's do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langprop.closing import Closing
from langprop.testing.answer import Answer, speaks_anthropic
from langprop.testing.listener import Listener

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class Request:
    """One request that the server received.

    Attributes:
        index: Its place in the order of arrival, from 0.
        path: Such as "/v1/chat/completions".
        body: The JSON that was sent; empty for a GET.
        headers: By name in lower case.
        time: When it arrived, on the clock of `time.perf_counter` [s].
    """

    index: int
    path: str
    body: dict[str, Any]
    headers: dict[str, str]
    time: float

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation."""
        return list(self.body.get("messages", []))

    @property
    def prompt(self) -> str:
        """Text of the last message."""
        return str(self.messages[-1]["content"]) if self.messages else ""


__all__ = ["Answer", "Request", "Script", "ScriptedServer"]

Script = Callable[[Request], "Answer | str"]


class ScriptedServer(Closing):
    """A server on loopback that answers as told, in OpenAI's protocol and in Anthropic's.

        with ScriptedServer(["first reply", Answer("second", delay=1.0)]) as server:
            llm = OpenAILLM("scripted", base_url=server.base_url)
            llm = AnthropicLLM("scripted", base_url=server.address)

    A server that was closed may be started again, and has the same address then.

    Args:
        replies: One answer for every request, a list of answers in order of arrival (a request
            beyond it gets status 400), or a function that is called, from several threads at once,
            with each `Request`. Text stands for an `Answer`.
        key: The only key that is let in; None lets in all.
        models: Names of the models that there are; None for any.

    Attributes:
        requests: What was received so far, in order of arrival.
        most: Requests that were in flight together at the most.
        hung_up: Requests whose client went away before its answer was complete; noticed while the
            server pauses.
    """

    def __init__(
        self,
        replies: Script | Sequence[Answer | str] | Answer | str = "",
        *,
        key: str | None = None,
        models: Sequence[str] | None = None,
    ) -> None:
        self.replies = replies
        self.key = key
        self.models = models
        self.requests: list[Request] = []
        self.most = 0
        self.hung_up = 0
        self._flying = 0
        self._answered = 0
        self._lock = threading.Lock()
        self._port = 0
        self._server: Listener | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Address without a path, as Anthropic's SDK wants it.

        Raises:
            RuntimeError: The server doesn't run.
        """
        return self.base_url.removesuffix("/v1")

    @property
    def base_url(self) -> str:
        """Address to give to a client, with `/v1`.

        Raises:
            RuntimeError: The server doesn't run.
        """
        if self._server is None:
            raise RuntimeError("the server doesn't run: write `with ScriptedServer(…) as server:`.")
        return f"http://127.0.0.1:{self._port}/v1"

    def start(self) -> Self:
        """Listen on a free port; from the second time on, on the same one.

        Raises:
            OSError: Somebody else has taken the port meanwhile.
        """
        self._server = Listener(self, self._port)
        self._port = int(self._server.server_address[1])
        # A short poll, so that `close` doesn't wait for half a second.
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop, and drop what is open. Closing twice is harmless."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.drop_all()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def respond(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Answer:
        """Record a request and choose its answer."""
        with self._lock:
            request = Request(len(self.requests), path, body, headers, time.perf_counter())
            self.requests.append(request)
        given = next((headers[name] for name in _KEY_HEADERS if name in headers), "")
        given = given.removeprefix("Bearer ")
        path = path.partition("?")[0]
        anthropic = speaks_anthropic(path)
        if self.key is not None and given != self.key:
            code = None if anthropic else "invalid_api_key"
            return Answer(f"Incorrect API key provided: {given}.", status=401, code=code)
        if path.endswith("/models"):
            names = self.models or ["scripted"]
            data = [{"id": name, "object": "model", "owned_by": "test"} for name in names]
            return Answer(body={"object": "list", "data": data})
        if not anthropic and not path.endswith("/chat/completions"):
            return Answer(f"Unknown request URL: {path}.", status=404, code="unknown_url")
        model = body.get("model")
        if self.models is not None and model not in self.models:
            code = None if anthropic else "model_not_found"
            return Answer(f"The model `{model}` does not exist.", status=404, code=code)
        return self._scripted(request)

    def _scripted(self, request: Request) -> Answer:
        if callable(self.replies):
            answer = self.replies(request)
        elif isinstance(self.replies, (str, Answer)):
            answer = self.replies
        else:
            with self._lock:
                place, self._answered = self._answered, self._answered + 1
            if place >= len(self.replies):
                answer = Answer(f"the script has {len(self.replies)} replies only", status=400)
            else:
                answer = self.replies[place]
        return Answer(answer) if isinstance(answer, str) else answer

    def enter(self, step: int) -> None:
        """Count a request in (1) or out (-1)."""
        with self._lock:
            self._flying += step
            self.most = max(self.most, self._flying)

    def hang_up(self) -> None:
        """Count a client that went away."""
        with self._lock:
            self.hung_up += 1


_KEY_HEADERS = ("x-api-key", "authorization", "api-key")
