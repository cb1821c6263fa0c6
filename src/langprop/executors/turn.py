"""Turn: calls of a session that are made together."""

from __future__ import annotations

from collections.abc import Sequence

from langprop.executors.base import SessionCall
from langprop.sandbox.answers import Answers
from langprop.sandbox.frames import Frame
from langprop.sandbox.outcome import Status


class Turn:
    """Calls that are made together, and what is known of them.

    Args:
        calls: The calls.

    Attributes:
        frames: One for each call that was made.
        answers: What stands for them, if all calls went well.
        todo: Numbers of the calls in the last message.
        n_pending: How many of these have no frame.
        sent: Whether the last message is with a process.
        broken: Why it couldn't be sent, where it couldn't: status, and the same in words.
        attended: Whether somebody has begun to wait for the answers.
    """

    __slots__ = ("answers", "attended", "broken", "calls", "frames", "n_pending", "sent", "todo")

    def __init__(self, calls: Sequence[SessionCall]) -> None:
        self.calls = calls
        self.frames: list[Frame | None] = [None] * len(calls)
        self.answers: Answers | None = None
        self.todo: Sequence[int] = range(len(calls))
        self.n_pending = len(calls)
        self.sent = self.attended = False
        self.broken: tuple[Status, str] | None = None
