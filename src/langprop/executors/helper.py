"""Helper: a trusted process beside this one, seen from here."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
from typing import Any

from langprop import children, pythons
from langprop.executors.pickles import LENGTH, Reader

_STOP_TIME = 2.0  # [s] to end by itself
_READ_SIZE = 1 << 18


class HelperGone(Exception):
    """The process has ended; says how."""


class Helper:
    """A trusted process beside this one.

    It has this process's environment, working folder, search path and standard streams, and ends
    when this process, the thread that made it, or this object does.

    Args:
        hello: The first message, pickled.

    Attributes:
        ready: Whether it has said that it is; set by whoever listens.
        busy: Whether it is still at what it was told to give up; likewise.

    Raises:
        OSError: It can't be started.
    """

    def __init__(self, hello: bytes) -> None:
        self.ready = self.busy = False
        self._reader = Reader()
        self._socket, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        # The user's own program isn't run again: what `__main__` defines isn't there. "" is here.
        path = [os.path.abspath(each) for each in map(str, sys.path)]  # noqa: PTH100
        told = {"path": path, "argv": sys.argv, "parent": os.getpid()}
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own code, by its full path
                pythons.command("langprop.executors.helper_process", there.fileno(), told),
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # a ^C in the terminal is for the trainer to handle
            )
            self._post(hello)
        except BaseException:
            self._socket.close()
            raise
        finally:
            there.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def fileno(self) -> int:
        """Descriptor that can be read from when it says something."""
        return self._socket.fileno()

    def send(self, message: bytes) -> None:
        """Send a message, pickled; to one that has gone it isn't sent, which `receive` tells."""
        try:
            self._post(message)
        except OSError:
            return

    def receive(self) -> list[Any]:
        """What it has said; may be none.

        Raises:
            HelperGone: It has ended, or what it says can't be read.
        """
        parts: list[bytes] = []
        try:
            while not parts or parts[-1]:
                parts.append(self._socket.recv(_READ_SIZE, socket.MSG_DONTWAIT))
        except BlockingIOError:
            pass
        except OSError:
            parts.append(b"")
        if parts and not parts[-1]:
            raise HelperGone(self._obituary())
        try:
            return [pickle.loads(each) for each in self._reader.feed(b"".join(parts))]  # noqa: S301 - of our own process
        except Exception as error:
            self._process.kill()
            raise HelperGone(f"said what can't be read ({error})") from error

    def hang_up(self) -> None:
        """Let it end."""
        self._socket.close()

    def close(self) -> None:
        """End it. Closing twice is harmless."""
        self.hang_up()
        try:
            self._process.wait(_STOP_TIME)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _post(self, message: bytes) -> None:
        self._socket.sendall(LENGTH.pack(len(message)) + message)

    def _obituary(self) -> str:
        try:
            code = self._process.wait(_STOP_TIME)
        except subprocess.TimeoutExpired:
            return "hung up"
        if children.unheard():
            return f"ended (nobody knows how, as {children.WHY})"
        if code >= 0:
            return f"ended with code {code}"
        known = {each.value: each.name for each in signal.Signals}
        return f"was killed by {known.get(-code, f'signal {-code}')}"
