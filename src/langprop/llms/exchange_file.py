"""Exchange files: a request and its reply as Markdown.

A request:

    ---
    langprop: exchange 1
    id: 4be2c7a90d11f3e8
    role: update
    step: 3
    ...
    reply: 0003-02-update-4be2c7a90d11f3e8.reply.md
    ---

    ... how to answer ...

    <!-- 4be2c7a90d11f3e8: message 1 of 2 -->
    # system

    <text>

    <!-- 4be2c7a90d11f3e8: message 2 of 2 -->
    # user

    <text>

    <!-- 4be2c7a90d11f3e8: end -->

The id is a hash of what is asked, so that no text can hold the lines that divide it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import re
from dataclasses import dataclass
from typing import Any

from langprop.llms.base import Reply, Request, Usage
from langprop.llms.secrets import redact
from langprop.prompts.abbreviate import shorten
from langprop.prompts.fence import sendable
from langprop.prompts.message import Message

FORMAT = "exchange 1"
"""Version of the format, the first line of a request."""

END = "<!-- end of reply -->"
"""A reply whose last line is this is complete, whatever the clock says."""

MAX_REPLY = 5_000_000
"""Size of the largest reply that is read [bytes]."""

MAX_FRONT_MATTER = 4_096  # [characters] of a reply; what is longer is part of the text

_log = logging.getLogger(__name__)
_ID = re.compile(r"[0-9a-f]{16}")
_FIELD = re.compile(r"([A-Za-z_]+)[ \t]*:[ \t]*(.*)")
_COUNTS = ("prompt_tokens", "completion_tokens", "cached_tokens")
_TEXTS = ("model", "finish_reason")
_KNOWN = {"id", "usd", "error", *_COUNTS, *_TEXTS}
_LARGEST = 10**12  # tokens, or dollars; whoever writes more is mistaken


class Unusable(ValueError):
    """A file that can't be used; the text goes on from the file's name: "is empty."."""


@dataclass(frozen=True)
class Asked:
    """A request as it stands in its file.

    Attributes:
        id: Hash of what is asked, and of its place in the training.
        request: What is asked. Where the place is unknown, `step`, `index` and the like are those
            of a request by default.
        copy: Counts equal requests whose place is unknown: 0, 1, ...
    """

    id: str
    request: Request
    copy: int = 0

    @classmethod
    def of(cls, request: Request, copy: int = 0) -> Asked:
        """The request with its id."""
        content = [
            FORMAT,
            [[message.role, message.content] for message in request.messages],
            request.role,
            request.step,
            request.index,
            request.attempt,
            request.parent,
            request.donor,
            copy,
        ]
        # Escapes halves of surrogate pairs, which have no UTF-8.
        digest = hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()
        return cls(digest[:16], request, copy)

    @property
    def stem(self) -> str:
        """What the names of its files begin with; sorted, they are in the order of the training."""
        role = re.sub(r"[^a-z]", "", str(self.request.role).lower())[:20] or "request"
        step, index = max(0, self.request.step), self.request.index
        return f"{step:04d}-{index:02d}-{role}-{self.id}"

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"{self.stem}.request.md"

    @property
    def reply_file(self) -> str:
        """Name of the file that the reply is expected in."""
        return f"{self.stem}.reply.md"

    def render(self) -> str:
        """The whole text of its file."""
        request, total = self.request, len(self.request.messages)
        about = {
            "langprop": FORMAT,
            "id": self.id,
            "role": request.role,
            "step": request.step,
            "index": request.index,
            "attempt": request.attempt,
            "parent": request.parent,
            "donor": request.donor,
            "copy": self.copy,
            "reply": self.reply_file,
        }
        lines = [f"{name}: {_scalar(value)}" for name, value in about.items()]
        parts = ["---\n" + "\n".join(lines) + "\n---\n\n" + _how_to(self) + "\n\n"]
        for number, message in enumerate(request.messages, 1):
            parts.append(
                f"<!-- {self.id}: message {number} of {total} -->\n"
                f"# {message.role}\n\n{sendable(message.content)}\n\n"
            )
        return "".join(parts) + f"<!-- {self.id}: end -->\n"

    @classmethod
    def parse(cls, text: str) -> Asked:
        """Read the text of a request's file; the messages are exactly those that were asked.

        Raises:
            Unusable: It isn't the whole text of a request.
        """
        about, rest = front_matter(text)
        name = about.get("id", "")
        if about.get("langprop") != FORMAT or not _ID.fullmatch(name):
            raise Unusable(f"is no request of this version ({FORMAT}).")
        total = rest.count(f"<!-- {name}: message ")
        found = re.findall(
            rf"^<!-- {name}: message (\d+) of {total} -->\n# (\w+)\n\n(.*?)\n\n(?=<!-- {name}: )",
            rest,
            re.DOTALL | re.MULTILINE,
        )
        numbered = [number for number, _, _ in found] == [str(one + 1) for one in range(total)]
        if not numbered or not rest.rstrip().endswith(f"<!-- {name}: end -->"):
            raise Unusable("is a request that was changed or isn't complete.")
        try:
            numbers = {key: int(about.get(key, "")) for key in ("step", "index", "attempt", "copy")}
        except ValueError as error:
            raise Unusable("is a request whose front matter was changed.") from error
        copy = numbers.pop("copy")
        ids = {key: _null(about.get(key, "null")) for key in ("parent", "donor")}
        messages = [Message(role, content) for _, role, content in found]
        request = Request(messages, about.get("role", "update"), **numbers, **ids)  # type: ignore[arg-type] # as it was written
        return cls(name, request, copy)


def render_reply(text: str) -> str:
    """The text of a reply's file, complete as it is."""
    return f"{text}\n{END}\n"


def decode(data: bytes) -> str:
    """Bytes of a text file as an editor wrote them: with or without a byte order mark.

    Raises:
        Unusable: They are no text, or too many.
    """
    if len(data) > MAX_REPLY:
        raise Unusable(f"is larger than {MAX_REPLY:,} bytes.")
    encoding = "utf-8-sig"
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        encoding = "utf-32"
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unusable(f"is no text in UTF-8 (at byte {error.start:,}): save it so.") from error
    if "\x00" in text:
        raise Unusable("holds null characters, as no text does: save it as UTF-8.")
    return text.replace("\r\n", "\n")


def parse_reply(data: bytes, asked_id: str, *, model: str, seconds: float) -> Reply:
    """Read a reply's file.

    Args:
        data: What stands in it.
        asked_id: Id of the request.
        model: Who answered, unless the front matter says it.
        seconds: How long it took [s].

    Raises:
        Unusable: It is no text, too large, without any text, the answer to another request, or
            says that there is none.
    """
    text = decode(data)
    marked = text.rstrip().endswith(END)
    if marked:
        text = text.rstrip().removesuffix(END).removesuffix("\n")
    about, body = front_matter(text)
    if not _KNOWN & about.keys() or "langprop" in about:  # a model may begin with a line of dashes
        about, body = {}, text
    for name in about.keys() - _KNOWN:
        _log.warning("the reply to %s: its front matter has an unknown %r.", asked_id, name)
    if about.get("id") and not asked_id.startswith(about["id"]):
        raise Unusable(f"says that it answers {about['id'][:40]!r}, not {asked_id!r}.")
    if "error" in about:
        reason = shorten(redact(about["error"]), 500).rstrip(".") or "no reason is given"
        raise Unusable(f"says that there is none: {reason}.")
    if not body.strip() and not marked:
        raise Unusable("is empty.")
    counts = {name: int(_number(asked_id, about, name) or 0) for name in _COUNTS}
    counts["cached_tokens"] = min(counts["cached_tokens"], counts["prompt_tokens"])
    usd = _number(asked_id, about, "usd")
    return Reply(
        body,
        usage=Usage(calls=1, usd=usd, seconds=seconds, **counts),
        model=about.get("model", "")[:200] or model,
        finish_reason=about.get("finish_reason", "")[:200] or "stop",
    )


def is_blank(data: bytes) -> bool:
    """Whether a file holds nothing yet: no byte, or blanks only."""
    return not data.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").strip()


def _how_to(asked: Asked) -> str:
    return (
        f"> Answer in this folder, in a file named `{asked.reply_file}`: the reply to the last\n"
        "> message below, in Markdown. Or type\n"
        f"> `langprop exchange answer FOLDER {asked.id} FILE`."
    )


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """What stands between two lines of dashes at the beginning, and the rest.

    It looks like YAML, but is read line by line: what a stranger wrote is no program for a parser.
    """
    head = text[:MAX_FRONT_MATTER]
    opened = re.match(r"\s*---[ \t]*\n", head)
    closed = opened and re.compile(r"^---[ \t]*(?:\n|\Z)", re.MULTILINE).search(head, opened.end())
    if not opened or not closed:
        return {}, text
    about: dict[str, str] = {}
    for line in head[opened.end() : closed.start()].splitlines():
        field = _FIELD.fullmatch(line.strip())
        if field is not None:
            about[field[1].lower()] = _unquoted(field[2].strip())
        elif line.strip() and not line.lstrip().startswith("#"):
            return {}, text
    return about, text[closed.end() :].removeprefix("\n")


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return re.sub(r"\s+#.*", "", value)


def _scalar(value: Any) -> str:
    """A value of the front matter, in one line whatever it holds."""
    if value is None:
        return "null"
    text = "".join(char if char.isprintable() else "?" for char in sendable(str(value)))
    return text if re.fullmatch(r"-?[\w.]+(?: \w+)?", text) else f'"{text}"'


def _null(value: str) -> str | None:
    return None if value == "null" else value


def _number(asked_id: str, about: dict[str, str], name: str) -> float | None:
    """A number of the front matter; None if there is none that makes sense."""
    value = about.get(name, "")
    if not value or value.lower() in ("null", "~", "none", "unknown"):
        return None
    try:
        number = float(value.lstrip("$").replace(",", "").replace("_", ""))
    except ValueError:
        number = math.nan
    if not 0 <= number <= _LARGEST:
        _log.warning("the reply to %s: %s: %.40r makes no sense.", asked_id, name, value)
        return None
    return number


def find_id(name: str) -> str:
    """The id in the name of a file, or an empty text."""
    found = _ID.findall(name)
    return found[-1] if found else ""
