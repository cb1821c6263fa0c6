"""What happens in a helper: a trusted process beside the one that trains."""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from langprop import children
from langprop.errors import SandboxError
from langprop.executors.pickles import LENGTH, Reader, Ready
from langprop.sandbox import linux

_READ_SIZE = 1 << 18
_LAST_WORDS = 1.0  # [s] to close what is open once nobody listens any more


class Line:
    """The line to the process that trains; a thread listens to it.

    Args:
        channel: The connection.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="langprop-line", daemon=True).start()

    def take(self, *, wait: bool) -> Any:
        """The next message, as it came; None if there is none.

        Raises:
            EOFError: The other side has gone.
        """
        try:
            message = self._heard.get(block=wait)
        except queue.Empty:
            return None
        if message is None:
            self._heard.put(None)
            raise EOFError
        return message

    def say(self, message: Any) -> None:
        """Say something.

        Raises:
            EOFError: The other side has gone.
            Exception: It can't be pickled; nothing was said.
        """
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        try:
            self._channel.sendall(LENGTH.pack(len(data)) + data)
        except OSError:
            raise EOFError from None

    def _listen(self) -> None:
        reader = Reader()
        with contextlib.suppress(OSError):
            while data := self._channel.recv(_READ_SIZE):
                for each in reader.feed(data):
                    self._heard.put(each)
        self._heard.put(None)
        time.sleep(_LAST_WORDS)
        os._exit(1)  # it is in the middle of something, and nobody wants to know the end


def main(fd: int, told: dict[str, Any]) -> None:
    """Be a helper.

    The first message says what it does: the import string of a function that takes the line and an
    executor, and the settings of that executor.

    Args:
        fd: The connection.
        told: Where the other process finds modules, what it was called with, and its process id.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    children.hear()
    with contextlib.suppress(OSError):
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != told["parent"]:  # it was killed before that
        os._exit(1)
    # Where memory runs out, the system shall end a script or this process, not the user's.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    sys.path[:] = told["path"]
    sys.argv[:] = told["argv"]
    channel = socket.socket(fileno=fd)
    channel.set_inheritable(False)
    line = Line(channel)
    with contextlib.suppress(EOFError):
        hello = pickle.loads(line.take(wait=True))  # noqa: S301 - of our own process
        _work(line, hello["serve"], hello["settings"])


def _work(line: Line, serve: str, settings: dict[str, Any]) -> None:
    from langprop.executors.local import LocalExecutor

    home, _, name = serve.partition(":")
    try:
        do: Callable[[Line, LocalExecutor], None] = getattr(importlib.import_module(home), name)
        executor = LocalExecutor(**settings)
    except Exception as error:
        line.say(Ready(f"{type(error).__name__}: {error}"))
        return
    with executor:
        try:
            _ = executor.isolation  # the sandbox is there, and tight enough
        except SandboxError as error:
            line.say(Ready(f"{type(error).__name__}: {error}"))
            return
        line.say(Ready())
        do(line, executor)
