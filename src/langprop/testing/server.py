"""ScriptedServer: an OpenAI-compatible HTTP server on loopback that answers as told."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class Answer:
    """How the server answers one request.

    Attributes:
        text: What the model writes; None is sent as null.
        delay: Pause before the answer [s].
        status: HTTP status; from 400 on, `text` is the message of an error in OpenAI's form.
        code: Code of that error, such as "context_length_exceeded".
        headers: Further headers, such as {"Retry-After": "1"}.
        finish_reason: Why the model stopped.
        usage: The tokens it reports; None for none.
        body: Sent as it is instead of all this; a mapping is sent as JSON, text as HTML.
        drop: Close the connection without an answer.
        stall: Send half of the answer, then nothing more until the server is closed.
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
    stall: bool = False


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


Script = Callable[[Request], "Answer | str"]


class ScriptedServer:
    """An OpenAI-compatible HTTP server on loopback that answers as told.

        with ScriptedServer(["first reply", Answer("second", delay=1.0)]) as server:
            llm = OpenAILLM("scripted", base_url=server.base_url)

    Args:
        replies: One answer for every request, a list of answers in order of arrival (a request
            beyond it gets status 400), or a function that is called, from several threads at once,
            with each `Request`. Text stands for an `Answer`.
        key: The only key that is let in; None lets in all.
        models: Names of the models that there are; None for any.

    Attributes:
        requests: What was received so far, in order of arrival.
        most: Requests that were in flight together at the most.
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
        self._flying = 0
        self._answered = 0
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """Address to give to a client, with `/v1`.

        Raises:
            RuntimeError: The server doesn't run.
        """
        if self._server is None:
            raise RuntimeError("the server doesn't run: write `with ScriptedServer(…) as server:`.")
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def start(self) -> Self:
        """Listen on a free port."""
        self._closed.clear()
        self._server = _Server(self)
        # A short poll, so that `close` doesn't wait for half a second.
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop, and drop what is open. Closing twice is harmless."""
        self._closed.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.drop_all()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def respond(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Answer:
        """Record a request and choose its answer."""
        with self._lock:
            request = Request(len(self.requests), path, body, headers, time.perf_counter())
            self.requests.append(request)
        given = headers.get("authorization", "").removeprefix("Bearer ") or headers.get(
            "api-key", ""
        )
        if self.key is not None and given != self.key:
            return Answer(
                f"Incorrect API key provided: {given}.", status=401, code="invalid_api_key"
            )
        path = path.partition("?")[0]
        if path.endswith("/models"):
            names = self.models or ["scripted"]
            data = [{"id": name, "object": "model", "owned_by": "test"} for name in names]
            return Answer(body={"object": "list", "data": data})
        if not path.endswith("/chat/completions"):
            return Answer(f"Unknown request URL: {path}.", status=404, code="unknown_url")
        model = body.get("model")
        if self.models is not None and model not in self.models:
            return Answer(
                f"The model `{model}` does not exist.", status=404, code="model_not_found"
            )
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

    def wait(self, seconds: float | None) -> bool:
        """Pause until the time is over or the server is closed; True if it was closed."""
        return self._closed.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512  # a hundred clients may connect at the same moment

    def __init__(self, owner: ScriptedServer) -> None:
        self.owner = owner
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def drop_all(self) -> None:
        for connection in list(self.open):
            _hang_up(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open, as real servers do
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet
    server: _Server

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            body = {"raw": raw.decode("utf-8", "replace")}
        self._answer(body)

    def _answer(self, body: dict[str, Any]) -> None:
        owner = self.server.owner
        headers = {name.lower(): value for name, value in self.headers.items()}
        owner.enter(1)
        try:
            answer = owner.respond(self.path, body, headers)
            if answer.delay and owner.wait(answer.delay):
                answer = Answer(drop=True)
            if answer.drop:
                self.close_connection = True
                _hang_up(self.connection)
                return
            data, kind = _encode(answer, str(body.get("model")))
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", kind))
            self.send_header("Content-Length", str(len(data)))
            for name, value in answer.headers.items():
                if name != "Content-Type":
                    self.send_header(name, value)
            self.end_headers()
            if answer.stall:
                self.wfile.write(data[: len(data) // 2])
                self.wfile.flush()
                owner.wait(None)
                self.close_connection = True
                return
            self.wfile.write(data)
            self.wfile.flush()
        finally:
            owner.enter(-1)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was first
        connection.shutdown(socket.SHUT_RDWR)


def _encode(answer: Answer, model: str) -> tuple[bytes, str]:
    body = answer.body
    if isinstance(body, bytes):
        return body, "text/html"
    if isinstance(body, str):
        return body.encode(), "text/html; charset=utf-8"
    if body is None and answer.status >= 400:
        kind = "invalid_request_error"
        body = {"error": {"message": answer.text, "type": kind, "param": None, "code": answer.code}}
    elif body is None:
        message = {"role": "assistant", "content": answer.text}
        choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason}
        body = {
            "id": "chatcmpl-scripted",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [choice],
            "usage": answer.usage,
        }
    return json.dumps(body).encode(), "application/json"
