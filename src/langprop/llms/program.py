"""Program: one run of a program that reads its input and writes an answer."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING

from langprop.llms.guardian import MARK, Guardian, kill_by_token

if TYPE_CHECKING:
    from typing_extensions import Self

TICK = 0.2  # [s] between looks whether the program has ended, while nothing comes from it
DRAIN = 1.0  # [s] for which output is read after its end, if a descendant holds the pipe
TAIL = 8_192  # [bytes] of standard error that are kept
CHUNK = 65_536  # [bytes]


class Late(Exception):
    """The program didn't end in time."""


class Flood(Exception):
    """The program wrote more than it may."""


class Program:
    """One run of a program, in a session of its own. Use it as a context: nothing of it is left.

    What isn't covered: a descendant that leaves both the session and its environment behind.

    Args:
        argv: The program and its arguments.
        env: All of its environment.
        cwd: Its folder.
        token: By which its descendants are found.
        guardian: That ends it if this process is killed.

    Attributes:
        errors: The last of what it wrote to standard error.
        killed: Whether it was killed by `kill`.

    Raises:
        OSError: It can't be started.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str,
        token: str,
        guardian: Guardian,
    ) -> None:
        self.errors = bytearray()
        self.killed = False
        self._token = token
        self._guardian = guardian
        guardian.start()
        self._process = subprocess.Popen(  # noqa: S603 - what the user wants to be run
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**env, MARK: token},
            cwd=cwd,
            bufsize=0,
            start_new_session=True,  # ^C on the terminal is ours; and the session dies as one
        )
        self._lock = threading.Lock()
        self._over = False  # the number of the group may be another's now
        try:
            guardian.watch(self._process.pid)
        except BaseException:  # ^C
            self.end()
            raise

    def talk(self, data: bytes, *, timeout: float, limit: int) -> bytes:
        """Write its input, and read what it writes until it ends.

        A program that doesn't read its input, or not all of it, may do so.

        Args:
            data: For its standard input.
            timeout: Longest time [s].
            limit: Largest output [bytes].

        Raises:
            Late: It didn't end in time.
            Flood: It wrote more.
        """
        deadline = time.monotonic() + timeout
        process, output, rest = self._process, bytearray(), memoryview(data)
        stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
        assert stdin is not None and stdout is not None and stderr is not None  # noqa: PT018, S101 - for mypy
        ended: float | None = None
        with selectors.DefaultSelector() as selector:
            for pipe in (stdin, stdout, stderr):
                os.set_blocking(pipe.fileno(), False)
            selector.register(stdin, selectors.EVENT_WRITE, stdin)
            selector.register(stdout, selectors.EVENT_READ, stdout)
            selector.register(stderr, selectors.EVENT_READ, stderr)
            reading = 2
            while reading and not self.killed:
                now = time.monotonic()
                if now >= deadline:
                    raise Late
                for key, _ in selector.select(min(TICK, deadline - now)):
                    pipe = key.data
                    if pipe is stdin:
                        rest = rest[_write(pipe, rest) :] if rest else rest
                        if not rest:
                            selector.unregister(pipe)
                            pipe.close()
                        continue
                    chunk = _read(pipe)
                    if chunk is None:
                        continue
                    if not chunk:
                        selector.unregister(pipe)
                        reading -= 1
                    elif pipe is stdout:
                        output += chunk
                        if len(output) > limit:
                            raise Flood
                    else:
                        self.errors += chunk
                        del self.errors[:-TAIL]
                if ended is None and self._has_ended():
                    ended = time.monotonic()
                    self._kill_group()  # what it left in the background holds the pipes
                elif ended is not None and time.monotonic() - ended > DRAIN:
                    kill_by_token(self._token)
                    break
        pause = 0.001  # it closed its output: mostly since it is ending
        while not self.killed and not self._has_ended():
            if time.monotonic() >= deadline:
                raise Late
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
        return bytes(output)

    def kill(self) -> None:
        """End it now, from any thread; `talk` returns soon."""
        self.killed = True
        self._kill_group()

    def end(self) -> int:
        """Kill what is left of it.

        Returns:
            Its exit status; minus the number of the signal that ended it.
        """
        process = self._process
        if not self._over:
            clean = self._has_ended() and not self.killed
            self._kill_group()
            with self._lock:
                self._over = True
            self._guardian.forget(process.pid)
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            if not clean:
                kill_by_token(self._token)
            with contextlib.suppress(subprocess.TimeoutExpired):  # stuck in the kernel
                process.wait(5.0)
        return -signal.SIGKILL if process.returncode is None else process.returncode

    def _has_ended(self) -> bool:
        """Whether it has ended; it isn't waited for yet, so that its number stays its own."""
        if not hasattr(os, "waitid"):
            return self._process.poll() is not None
        try:
            how = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, self._process.pid, how) is not None
        except ChildProcessError:  # somebody else waited for it
            return True

    def _kill_group(self) -> None:
        with self._lock, contextlib.suppress(OSError):  # gone, or only zombies
            if not self._over:
                os.killpg(self._process.pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def _write(pipe: IO[bytes], rest: memoryview) -> int:
    """Write what fits; all counts as written if nobody reads."""
    try:
        return os.write(pipe.fileno(), rest[:CHUNK])
    except BlockingIOError:
        return 0
    except OSError:  # a closed pipe
        return len(rest)


def _read(pipe: IO[bytes]) -> bytes | None:
    """What is there; nothing at the end."""
    try:
        return os.read(pipe.fileno(), CHUNK)
    except BlockingIOError:
        return None
    except OSError:
        return b""
