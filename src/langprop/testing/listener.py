"""Listener: the HTTP side of a scripted server."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import sys
import time
import weakref
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from langprop.testing.answer import Answer

if TYPE_CHECKING:
    from langprop.testing.server import ScriptedServer


class Listener(ThreadingHTTPServer):
    """Takes requests on loopback, each on a thread of its own, and sends the owner's answers.

    Args:
        owner: Chooses the answers.
        port: Port to listen on; 0 for a free one.

    Raises:
        OSError: The port is taken.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512  # a hundred clients may connect at the same moment

    def __init__(self, owner: ScriptedServer, port: int = 0) -> None:
        self.owner = owner
        self.open: set[socket.socket] = set()
        self.broken: set[socket.socket] = set()  # to be reset instead of closed
        self.over, self._ending = os.pipe()  # at its end from `drop_all` on
        weakref.finalize(self, os.close, self.over)  # not before the last thread that watches it
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection."""
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        self.open.discard(request)
        if request in self.broken:
            self.broken.discard(request)
            request.close()
        else:
            super().shutdown_request(request)

    def drop_all(self) -> None:
        """Close all connections; whoever pauses stops pausing. For once only."""
        os.close(self._ending)
        for connection in list(self.open):
            _hang_up(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; an error in the answer's script is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open, as real servers do
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet
    server: Listener

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
            if answer.delay and self._pause(answer.delay):
                answer = Answer(drop=True)
            if answer.drop or answer.reset:
                self._break_off(reset=answer.reset)
                return
            data, kind = answer.encode(self.path, body)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", kind))
            self.send_header("Content-Length", str(len(data)))
            for name, value in answer.headers.items():
                if name != "Content-Type":
                    self.send_header(name, value)
            self.end_headers()
            if answer.drip:
                self._drip(data, answer.drip)
            elif answer.stall or answer.cut:
                self.wfile.write(data[: len(data) // 2])
                self.wfile.flush()
                if answer.stall:
                    self._pause(None)
                self._break_off()
            else:
                self.wfile.write(data)
                self.wfile.flush()
        finally:
            owner.enter(-1)

    def _drip(self, data: bytes, pause: float) -> None:
        for place in range(len(data)):
            self.wfile.write(data[place : place + 1])
            self.wfile.flush()
            if self._pause(pause):
                self._break_off()
                return

    def _pause(self, seconds: float | None) -> bool:
        """Pause; True if the client hung up meanwhile, or the server was closed."""
        if seconds is not None and seconds <= 0:
            return False
        end = None if seconds is None else time.monotonic() + seconds
        watched = select.poll()
        watched.register(self.server.over, select.POLLIN)
        watched.register(self.connection, select.POLLIN)
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            events = watched.poll(None if left is None else left * 1e3 + 1)
            descriptors = {descriptor for descriptor, _ in events}
            if not descriptors:
                return False
            if self.server.over in descriptors:
                return True
            with contextlib.suppress(OSError):  # a reset, which is hanging up
                if self.connection.recv(1, socket.MSG_PEEK):
                    watched.unregister(self.connection)  # the next request came early
                    continue
            self.server.owner.hang_up()
            return True

    def _break_off(self, *, reset: bool = False) -> None:
        self.close_connection = True
        if reset:
            at_once = struct.pack("ii", 1, 0)  # lingers for 0 s: closing it sends a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            self.server.broken.add(self.connection)
        else:
            _hang_up(self.connection)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was first
        connection.shutdown(socket.SHUT_RDWR)
