"""Answer: what comes out of the workshop's process, taken for what a stranger says."""

from __future__ import annotations

import contextlib
import logging
import re
from typing import Any, NamedTuple, TypeVar

from langprop.errors import ReplyError, SandboxError, ScriptError
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Outcome
from langprop.scripts.travel import DEFECT, OK, REPLY, SCRIPT, to_text

UNSAFE = "the script can't be read safely"

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_ID = re.compile(r"[0-9a-f]{16}")
_OPERATOR = re.compile(r"[a-z]{1,40}")
_MAX_REASON = 20_000  # [bytes]


class Written(NamedTuple):
    """Source that came out of the workshop.

    Attributes:
        source: The source.
        id: Its content id.
        operators: What made it of another source, in order.
    """

    source: str
    id: str
    operators: tuple[str, ...] = ()


class UnsafeError(ScriptError):
    """Source that broke a limit."""


def answer_of(outcome: Outcome, limits: Limits) -> Any:
    """What an operation gave: an answer, or an error that is yet to be raised.

    Args:
        outcome: Of the call.
        limits: That it had.

    Raises:
        SandboxError: There is no service in the process.
    """
    if outcome.status == "exception":  # the service itself lets none through
        raise SandboxError(f"the process that reads scripts failed: {outcome.exception}")
    if outcome.status != "ok":
        reason = {
            "timeout": f"reading it takes more than {limits.time:g} s",
            "memory": f"reading it takes more than {limits.memory >> 20:,} MB of memory",
            "crash": "it makes the parser crash",
            "bad_output": "what comes of it is too large",
        }[outcome.status]
        return UnsafeError(f"{UNSAFE}: {reason}.")
    match outcome.output:
        case (str() as kind, answer) if kind == OK:
            return answer
        case (str() as kind, bytes() as data) if kind in (SCRIPT, REPLY):
            reason = data[:_MAX_REASON].decode("utf-8", "replace")
            return ReplyError(reason) if kind == REPLY else ScriptError(reason)
        case (str() as kind, bytes() as data) if kind == DEFECT:
            reason = data[:_MAX_REASON].decode("utf-8", "replace")
            _log.warning("a script can't be read; please report this: %s", reason)
            return ScriptError(f"the script can't be read: {reason}.")
    return _nonsense()


def is_id(text: str) -> bool:
    """Whether a text is a content id; some become names of files."""
    return _ID.fullmatch(text) is not None


def _nonsense() -> UnsafeError:
    """For answers that the service doesn't give: a parser that was taken over might."""
    return UnsafeError(f"{UNSAFE}: it made the process answer nonsense.")


def expect(kind: type[_T], answer: Any) -> _T:
    """The answer, if it is of that type.

    Raises:
        ScriptError: It is another one, or an error.
    """
    if isinstance(answer, Exception):
        raise answer
    if type(answer) is not kind:
        raise _nonsense()
    return answer


def as_written(answer: Any) -> Written:
    """The answer as source.

    Raises:
        ScriptError: It is something else, or an error.
    """
    match expect(list, answer):
        case [bytes() as data, str() as content_id, [*operators]] if is_id(content_id):
            if all(isinstance(name, str) and _OPERATOR.fullmatch(name) for name in operators):
                with contextlib.suppress(UnicodeDecodeError):
                    return Written(to_text(data), content_id, tuple(operators))
    raise _nonsense()
