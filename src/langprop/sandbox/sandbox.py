"""Sandbox: the zygote process, seen from the trusted side."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from langprop.errors import IsolationError, SandboxError
from langprop.sandbox import control
from langprop.sandbox.control import Message

_START_TIME = 60.0  # [s] for the zygote to import numpy, on a slow disk
_STOP_TIME = 1.0  # [s] for the zygote to end by itself

# langprop is found by its place and not by sys.path: whatever lies beside it must not hide standard
# modules.
_BOOTSTRAP = """
import importlib.util, sys
sys.path[:] = [path for path in sys.path if path]
sys.path += [path for path in sys.argv[3:] if path not in sys.path]
spec = importlib.util.spec_from_file_location(
    "langprop", sys.argv[2] + "/__init__.py", submodule_search_locations=[sys.argv[2]]
)
sys.modules["langprop"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["langprop"])
from langprop.sandbox.zygote import main
main(int(sys.argv[1]))
"""

# The environment is made anew: keys and passwords live in environments. Where libraries are found
# is kept.
_KEPT = ("LD_LIBRARY_PATH", "PYTHONHOME", "SYSTEMROOT", "TZ")
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # the order of sets is the same in every run
    "PYTHONSAFEPATH": "1",
    "PYTHONUTF8": "1",
    "MALLOC_ARENA_MAX": "2",  # each arena takes 64 MB of address space
    "OMP_NUM_THREADS": "1",  # a process that forks must have one thread
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}

_INLINE = (
    "Trainer(executor='inline') to run generated code in this process, where it can do whatever "
    "you can"
)


def check_platform() -> None:
    """Say early that scripts can't be isolated here.

    Raises:
        IsolationError: Not Linux, or no interpreter that could be started.
    """
    if sys.platform != "linux":
        raise IsolationError(
            "isolating scripts needs Linux: on Windows use WSL2, on macOS a Linux container; or "
            f"type {_INLINE}."
        )
    if not sys.executable:
        raise IsolationError(
            "isolating scripts needs a Python interpreter to start, but sys.executable is empty "
            f"(an embedded Python?): set it, or type {_INLINE}."
        )


def _start(channel: socket.socket, errors: int, packages: Sequence[str]) -> subprocess.Popen[bytes]:
    own = str(Path(__file__).resolve().parents[1])
    fd = channel.fileno()
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        return subprocess.Popen(  # noqa: S603 - our own code, by its full path
            [sys.executable, "-s", "-B", "-c", _BOOTSTRAP, str(fd), own, *packages],
            pass_fds=[fd],
            env={**environment, **_ENVIRONMENT},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,  # a ^C in the terminal isn't meant for it
        )
    except OSError as error:
        raise SandboxError(f"the sandbox can't start {sys.executable}: {error}") from error


class Sandbox:
    """The zygote process, seen from the trusted side.

    Belongs to one thread: the zygote ends when the thread that made this ends.

    Raises:
        SandboxError: The process doesn't start; holds what it said.
    """

    _process: subprocess.Popen[bytes] | None = None

    def __init__(self) -> None:
        import msgpack
        import numpy as np

        from langprop.sandbox.linux import memfd

        packages = [str(Path(str(package.__file__)).parents[1]) for package in (msgpack, np)]
        self._channel, there = control.pair()
        self._errors = memfd()
        try:
            self._process = _start(there, self._errors, packages)
            there.close()
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise
        finally:
            there.close()

    def _wait_until_ready(self) -> None:
        self._channel.settimeout(_START_TIME)
        try:
            message = control.receive(self._channel)
        except TimeoutError as error:
            raise SandboxError(f"the sandbox didn't start within {_START_TIME:g} s.") from error
        if message.kind != control.READY:
            raise SandboxError(f"the sandbox didn't start. {self._said()}")
        self._channel.settimeout(None)

    def _said(self) -> str:
        """What the zygote wrote to its standard error."""
        from langprop.sandbox.linux import read_all

        text = read_all(self._errors).decode("utf-8", "replace").strip()[-2_000:]
        return f"Its process said:\n{text}" if text else ""

    def fileno(self) -> int:
        """The descriptor that is readable when there is a message."""
        return self._channel.fileno()

    @property
    def pid(self) -> int:
        """Process id of the zygote."""
        return self._process.pid if self._process else 0

    def send(self, kind: int, number: int, first: int = 0, fds: Sequence[int] = ()) -> None:
        """Send a message; see `control`.

        Raises:
            SandboxError: The zygote has gone.
        """
        try:
            control.send(self._channel, Message(kind, number, first, 0, fds))
        except OSError as error:
            raise SandboxError(self.obituary()) from error

    def receive(self) -> Message:
        """Wait for a message; of the kind `CLOSED` if the zygote has gone."""
        try:
            return control.receive(self._channel)
        except OSError:
            return Message(control.CLOSED)

    def obituary(self) -> str:
        """Why there is no zygote any more, in words."""
        try:
            code = self._process.wait(_STOP_TIME) if self._process else 0
        except subprocess.TimeoutExpired:
            return "the sandbox's process doesn't answer any more."
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return (
            f"the sandbox's process {how}, perhaps because the machine ran out of memory; "
            "what it was running is lost. The next evaluation starts a new one. " + self._said()
        ).strip()

    def close(self) -> None:
        """End the zygote and all that it started. Closing twice is harmless."""
        self._channel.close()
        if self._errors >= 0:
            os.close(self._errors)
            self._errors = -1
        if self._process is None:
            return
        try:
            self._process.wait(_STOP_TIME)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
