"""ReplyStatistics: what became of the requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class ReplyStatistics:
    """What became of the requests. A script is parsed, a reply without one is asked for again.

    Attributes:
        requested: Requests sent: the repeated ones and those that ask to go on, too.
        failed: Requests that the model gave no reply to.
        continued: Replies that were cut off and asked to go on.
        parsed: Scripts that were got, at any attempt.
        repaired: Those of them that took more than one attempt.
        rejected: Scripts that were given up: no attempt gave a usable reply.
        duplicate: Usable scripts that were known already, and cost no evaluation.
    """

    requested: int = 0
    failed: int = 0
    continued: int = 0
    parsed: int = 0
    repaired: int = 0
    rejected: int = 0
    duplicate: int = 0
