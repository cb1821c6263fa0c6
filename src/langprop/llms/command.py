"""CommandLLM: any program that reads a prompt and writes an answer."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import re
import secrets
import shlex
import signal
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from langprop import children
from langprop.errors import (
    ConfigError,
    LLMCancelled,
    LLMConnectionError,
    LLMError,
    LLMNotFoundError,
    LLMRequestError,
)
from langprop.llms.base import LLM, Reply, Usage
from langprop.llms.command_line import environment_of, find_file, find_program, split
from langprop.llms.connected import Connected
from langprop.llms.guardian import Guardian, kill_by_token
from langprop.llms.pool import ThreadPool
from langprop.llms.program import Flood, Late, Program
from langprop.llms.secrets import redact
from langprop.prompts.fence import sendable
from langprop.prompts.message import Message

MAX_OUTPUT = 5_000_000
"""Size of the largest answer [bytes]."""

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CRED|AUTH", re.IGNORECASE)

_ESCAPES = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # titles and links
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and movements
    r"|\x1b[ -/]*[0-~]"
)

_TEMPORARY = 75  # EX_TEMPFAIL of sysexits.h
_NO_PROGRAM = (errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ENOTDIR, errno.EISDIR)


class CommandLLM(Connected, LLM):
    """Any program that reads a prompt on its standard input and answers on its standard output.

    Such as an agent's command-line tool. One run is one reply; it ends with the program, and all
    that it started is killed then. The program isn't locked in: it runs with your rights, but in
    an empty folder, and without your environment and its keys.

    Args:
        command: The program and its arguments, as one types them; no shell looks at them. Files
            that are named relative to the current folder are found.
        timeout: Longest time of a run [s].
        env: Names of environment variables that the program gets, beside those of `PASSED`; or
            names with values.
        cwd: Folder that it runs in; None for an empty one, that is removed afterwards.
        format: What it reads. "text": a prompt of one message as it is; of several, each below a
            line `# system`, `# user` or `# assistant`. "json": a list of
            `{"role": …, "content": …}`.
        name: For logs and the origin of scripts; by default the name of the program.

    Raises:
        ConfigError: The command can't be read, or a setting can't work.
        LLMNotFoundError: There is no such program.
    """

    reports_price = False

    def __init__(
        self,
        command: str | Sequence[str] = "",
        *,
        timeout: float = 600.0,
        env: Sequence[str] | Mapping[str, str] = (),
        cwd: str | os.PathLike[str] | None = None,
        format: Literal["text", "json"] = "text",  # noqa: A002 - the word for it
        name: str | None = None,
    ) -> None:
        if os.name != "posix":
            raise ConfigError("command: needs Linux or macOS; on Windows use WSL2.")
        words = split(command)
        if not (timeout > 0 and math.isfinite(timeout)):
            raise ConfigError(f"timeout must be a positive number of seconds, but got {timeout!r}.")
        if format not in ("text", "json"):
            raise ConfigError(f"format must be 'text' or 'json', but got {format!r}.")
        if cwd is not None and not Path(cwd).is_dir():
            raise ConfigError(f"there is no folder {os.fspath(cwd)!r} to run the program in.")
        self.env = environment_of(env)
        self.secrets = [
            value for key, value in self.env.items() if _SECRET.search(key) and len(value) > 4
        ]
        self.cwd = None if cwd is None else str(Path(cwd).absolute())
        self.argv = [find_program(words[0], self.env), *map(find_file, words[1:])]
        self.timeout = timeout
        self.format = format
        self.name = name or f"command:{' '.join(Path(words[0]).name.split())}"
        self.parameters = {
            "command": redact(shlex.join(words), self.secrets),
            "format": format,
        }
        self._token = secrets.token_hex(8)
        self._guardian = Guardian(self._token)
        weakref.finalize(self, self._guardian.close)  # for whoever forgets to close
        self._lock = threading.Lock()
        self._running: set[Program] = set()
        self._epoch = 0  # counts calls of `cancel`
        self._started = 0

    def generate(self, messages: Sequence[Message], n: int = 1) -> list[Reply]:
        """Ask for `n` independent replies: `n` runs at the same time.

        Raises:
            LLMConnectionError: The program took too long, was killed, or says by exit status 75
                that it may succeed later.
            LLMRequestError: It failed otherwise, or answered too much.
            LLMNotFoundError: It isn't there any more, or can't be executed.
            LLMCancelled: It was given up.
            LLMError: Nobody would know whether it fails, as this process ignores SIGCHLD.
        """
        if children.unheard():
            raise LLMError(
                f"{self.name} isn't run, as nobody would know how it ends: {children.WHY}."
            )
        data = self._input(messages)
        if n == 1:
            return [self._run(data)]
        with ThreadPool(self._result, max(1, n)) as pool:
            for _ in range(n):
                pool.submit(data)
            try:
                results = dict(pool.completed())
            except BaseException:  # ^C
                self.cancel()
                raise
        replies = []
        for index in range(n):
            result = results[index]
            if isinstance(result, LLMError):
                raise result
            replies.append(result)
        return replies

    def cancel(self) -> None:
        """Kill all that runs."""
        with self._lock:
            self._epoch += 1
            running = list(self._running)
        for program in running:
            program.kill()

    def close(self) -> None:
        """Kill all that runs, and what earlier runs left behind."""
        self.cancel()
        if self._started:
            kill_by_token(self._token)
        self._guardian.close()

    def __repr__(self) -> str:
        return f"CommandLLM({self.parameters['command']!r})"

    def _input(self, messages: Sequence[Message]) -> bytes:
        if self.format == "json":
            listed = [{"role": one.role, "content": sendable(one.content)} for one in messages]
            text = json.dumps(listed, ensure_ascii=False)
        elif len(messages) == 1 and messages[0].role == "user":
            text = messages[0].content
        else:
            text = "\n\n".join(f"# {one.role}\n\n{one.content}" for one in messages)
        return sendable(text).encode("utf-8")

    def _result(self, data: bytes) -> Reply | LLMError:
        try:
            return self._run(data)
        except LLMError as error:
            return error

    def _run(self, data: bytes) -> Reply:
        start = time.perf_counter()
        epoch = self._epoch
        with contextlib.ExitStack() as stack:
            try:
                cwd = self.cwd or stack.enter_context(
                    tempfile.TemporaryDirectory(prefix="langprop-", ignore_cleanup_errors=True)
                )
            except OSError as error:
                raise LLMError(
                    f"no temporary folder can be made for {self.name} ({error.strerror or error}): "
                    "make room on the disk, or export TMPDIR=…"
                ) from error
            try:
                output, status, errors = self._talk(data, epoch, cwd)
            except OSError as error:
                raise self._no_start(error) from error
        if status != 0:
            raise self._failed(status, errors)
        text = _ESCAPES.sub("", output.decode("utf-8", "replace").replace("\r\n", "\n"))
        usage = Usage(calls=1, seconds=time.perf_counter() - start)
        return Reply(sendable(text), usage=usage, model=self.name)

    def _talk(self, data: bytes, epoch: int, cwd: str) -> tuple[bytes, int, bytes]:
        with self._lock:
            self._started += 1
            token = f"{self._token}.{self._started}."
        program = Program(self.argv, env=self.env, cwd=cwd, token=token, guardian=self._guardian)
        with program:
            with self._lock:
                self._running.add(program)
            try:
                if self._epoch != epoch:
                    program.kill()
                output = program.talk(data, timeout=self.timeout, limit=MAX_OUTPUT)
            except Late:
                raise self._late(program.errors) from None
            except Flood:
                raise LLMRequestError(
                    f"{self.name} wrote more than {MAX_OUTPUT:,} bytes: check that it answers the "
                    "prompt, and nothing else, on its standard output."
                ) from None
            finally:
                with self._lock:
                    self._running.discard(program)
            if program.killed:
                raise LLMCancelled(f"{self.name} was given up.")
            return output, program.end(), bytes(program.errors)

    def _late(self, errors: bytes | bytearray) -> LLMError:
        late = LLMConnectionError(
            f"{self.name} didn't end within {self.timeout:g} s: raise timeout=…, or check that it "
            f"asks nobody for anything{self._said(errors)}."
        )
        late.transient = True
        return late

    def _failed(self, status: int, errors: bytes) -> LLMError:
        said = self._said(errors)
        if status < 0:
            try:
                by = signal.Signals(-status).name
            except ValueError:
                by = f"signal {-status}"
            hint = " (is there enough memory?)" if status == -signal.SIGKILL else ""
            error: LLMError = LLMConnectionError(f"{self.name} was ended by {by}{hint}{said}.")
        elif status == _TEMPORARY:
            error = LLMConnectionError(f"{self.name} can't answer now (exit status 75){said}.")
        else:
            where = " in this folder" if self.cwd else " in an empty folder"
            return LLMRequestError(
                f"{self.name} failed with exit status {status}{said}: try the same command by "
                f"hand. It runs{where}, with the environment variables "
                f"{', '.join(self.env)} only; pass others with env=('NAME', …)."
            )
        error.transient = True
        return error

    def _said(self, errors: bytes | bytearray) -> str:
        """The end of what it wrote to standard error, without secrets."""
        text = _ESCAPES.sub("", bytes(errors).decode("utf-8", "replace"))
        text = " ".join(redact(sendable(text), self.secrets).split()).rstrip(".")
        return f": {text if len(text) <= 500 else '… ' + text[-500:]}" if text else ""

    def _no_start(self, error: OSError) -> LLMError:
        reason = error.strerror or str(error)
        if self.cwd and not Path(self.cwd).is_dir():
            return LLMError(f"the folder {self.cwd} that {self.name} runs in has gone.")
        if error.errno in _NO_PROGRAM:
            return LLMNotFoundError(
                f"{self.argv[0]} can't be executed ({reason}): check that it is there and "
                "executable, and that its first line (#!…) names a program that is there."
            )
        busy = LLMConnectionError(
            f"{self.name} can't be started ({reason}): lower concurrency=…, or see whether memory, "
            "processes or the disk of the temporary folder have run out."
        )
        busy.transient = True
        return busy
