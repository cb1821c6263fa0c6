"""Marks: how the lines that open a message are told from values that look like them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import cast, get_args

from langprop.errors import TemplateError
from langprop.prompts.fence import sendable
from langprop.prompts.message import Message, Role
from langprop.prompts.native_source import Line

HEADER = "%% "
TOKEN = secrets.token_hex(8)  # of this process; never rendered, so that no value can hold it
_MARK = re.compile(rf"\x00{TOKEN}:(\d+)\x00")
_ROLES: tuple[str, ...] = get_args(Role)


def mark(place: int) -> str:
    """What precedes a header that a template wrote itself.

    Args:
        place: Index of the template's line.
    """
    return f"\x00{TOKEN}:{place}\x00"


def role_of(header: str, line: Line) -> Role:
    """The role in a line `%% ROLE`.

    Raises:
        TemplateError: There is no such role.
    """
    name = header[len(HEADER) :].strip()
    if name.lower() not in _ROLES:
        raise TemplateError(
            f"{line.where}: unknown role {name!r}: write %% SYSTEM, %% USER or %% ASSISTANT, or "
            "put a blank before a %% that is text."
        )
    return cast("Role", name.lower())


def split(text: str, lines: Sequence[Line]) -> list[Message]:
    """Split rendered text into messages, at the marked headers that begin a line.

    A message keeps the newline of each of its lines and gets one more at its end; one without any
    line is dropped. Text before the first header is a user's message.

    Args:
        text: With marks.
        lines: Of the template; marks name one.

    Raises:
        TemplateError: A header names no role.
    """
    messages: list[Message] = []
    role: Role = "user"
    content: list[str] = []
    for line in [*text.split("\n"), None]:
        found = _MARK.match(line) if line is not None else None
        header = line[found.end() :] if line is not None and found else ""
        if line is None or header.startswith(HEADER):
            if content:
                messages.append(Message(role, sendable("\n".join(content) + "\n")))
            if line is not None and found:
                role, content = role_of(_plain(header), lines[int(found[1])]), []
        else:
            content.append(_plain(line))
    return messages


def _plain(line: str) -> str:
    return _MARK.sub("", line) if "\x00" in line else line
