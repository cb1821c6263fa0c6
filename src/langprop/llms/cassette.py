"""Cassette: every exchange with a model, a line each, in `exchanges.jsonl`."""

from __future__ import annotations

import codecs
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from langprop.errors import CheckpointError, LangPropError
from langprop.llms.base import LLM, Reply, Request, Usage
from langprop.llms.secrets import redacted
from langprop.prompts.message import Message

FORMAT = 1
"""Version of a line; a newer one is refused."""

FILE = "exchanges.jsonl"

WITHHELD = "withheld"
"""Outcome of a request that wasn't sent, since the budget didn't cover it."""


@dataclass(frozen=True)
class Exchange:
    """One exchange: what was asked, and what came back.

    Attributes:
        request: The conversation, and what it was for.
        llm: Name of the model that was asked.
        reply: What it answered; None if the request failed.
        error: Type and text of the failure; "" if there was none.
        child: Id of the script in the reply, if there was a usable one.
        outcome: "parsed", "repaired", "duplicate", "rejected", "asked again", "continued",
            "failed", or "withheld" (it wasn't sent, since the budget didn't cover it).
        reason: Why the reply was no use; "" if it was.
        parameters: What was sent beside the messages.
        time: When the reply was there, in UTC.
    """

    request: Request
    llm: str
    reply: Reply | None = None
    error: tuple[str, str] = ("", "")
    child: str | None = None
    outcome: str = ""
    reason: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    time: str = ""

    def to_dict(self, secrets: Iterable[str] = ()) -> dict[str, Any]:
        """As JSON data, without secrets."""
        request, reply = self.request, self.reply
        data = {
            "format": FORMAT,
            "time": self.time or datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "step": request.step,
            "role": request.role,
            "index": request.index,
            "attempt": request.attempt,
            "parent": request.parent,
            "donor": request.donor,
            "child": self.child,
            "outcome": self.outcome,
            "reason": self.reason,
            "llm": self.llm,
            "parameters": dict(self.parameters),
            "messages": [asdict(message) for message in request.messages],
            "reply": None
            if reply is None
            else {"text": reply.text, "finish_reason": reply.finish_reason, "model": reply.model},
            "usage": None if reply is None else asdict(reply.usage),
            "error": {"type": self.error[0], "text": self.error[1]} if reply is None else None,
        }
        cleaned: dict[str, Any] = redacted(data, secrets)
        return cleaned

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Exchange:
        """Read a line.

        Raises:
            KeyError, TypeError, ValueError: It is none.
        """
        if data["format"] > FORMAT:
            raise ValueError(
                f"it has format {data['format']}, but this version reads up to {FORMAT}: upgrade "
                "langprop"
            )
        messages = tuple(Message(item["role"], item["content"]) for item in data["messages"])
        request = Request(
            messages,
            data["role"],
            int(data["step"]),
            int(data["index"]),
            int(data["attempt"]),
            data["parent"],
            data["donor"],
        )
        given, error = data["reply"], data["error"] or {}
        reply = None
        if given is not None:
            reply = Reply(
                str(given["text"]),
                Usage(**data["usage"]),
                given["model"],
                given["finish_reason"],
                data["llm"],
            )
        return cls(
            request,
            data["llm"],
            reply,
            (str(error.get("type", "")), str(error.get("text", ""))),
            data["child"],
            data["outcome"],
            data["reason"],
            data["parameters"],
            data["time"],
        )


class Cassette:
    """Every exchange with a model, a line each: the log of prompts, and what a replay reads.

    A line is appended as soon as its reply was read, so that nothing that was paid for is lost.
    Keys are blotted out.

    Args:
        path: The file; it is made with the first line.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._checked = False

    def record(self, exchange: Exchange, llm: LLM | None = None) -> None:
        """Append a line.

        Args:
            exchange: What is recorded.
            llm: The model, which knows its secrets.

        Raises:
            CheckpointError: It can't be written.
        """
        line = json.dumps(exchange.to_dict(llm.secrets if llm is not None else ())) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # One call of `write` for a line, so that a run that is killed leaves whole lines.
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                data = self._after_torn_line(file) + line.encode("utf-8", "surrogatepass")
                while data:
                    data = data[os.write(file, data) :]
            finally:
                os.close(file)
        except OSError as error:
            self._checked = False
            raise CheckpointError(
                f"{self.path} can't be written: {error.strerror or error}. What was learned and "
                "paid for until then is in the run folder; make room or choose another run_dir."
            ) from error

    def _after_torn_line(self, file: int) -> bytes:
        """A newline, if the last line was cut off when a disk was full or a process was killed."""
        if self._checked:
            return b""
        self._checked = True
        size = os.fstat(file).st_size
        return b"\n" if size and os.pread(file, 1, size - 1) != b"\n" else b""


def read_exchanges(path: str | Path, *, empty: bool = False) -> list[Exchange]:
    """The exchanges of a recording, in order; lines that were cut off are passed over.

    Args:
        path: The file, or the folder of the run.
        empty: Whether it may hold none.

    Raises:
        CheckpointError: There is none, or it isn't one.
    """
    path = Path(path)
    if path.is_dir():
        path = path / FILE
    try:
        with path.open("rb") as file:
            lines = file.read().removeprefix(codecs.BOM_UTF8).split(b"\n")
    except OSError as error:
        raise CheckpointError(
            f"the recording {path} can't be read: {error.strerror or error}."
        ) from error
    found = []
    for number, torn in enumerate(lines, 1):
        line = torn.strip(b"\0 \t\r")  # after a loss of power a file may hold zeros
        if not line:
            continue
        try:
            data = json.loads(line.decode("utf-8", "surrogatepass"))
        except ValueError:
            continue  # cut off: what follows a torn line stands on a line of its own
        try:
            found.append(Exchange.from_dict(data))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointError(
                f"{path}, line {number} is no exchange of a run: {type(error).__name__}: {error}"
            ) from error
    if not found and not empty:
        raise CheckpointError(f"{path} holds no exchanges: name the exchanges.jsonl of a run.")
    return found


def conversation_key(messages: Sequence[Message]) -> str:
    """What tells conversations apart, as they are recorded: without secrets."""
    data = redacted([[message.role, message.content] for message in messages])
    text = json.dumps(data)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def failure(error: LangPropError) -> tuple[str, str]:
    """Type and text of a failure, for the record."""
    return type(error).__name__, str(error)
