"""Calls between modules: how they are told by a script's process, and read on the trusted side.

A block is data in the wire format: a list with one item for each call, the last ones only. Values
are encoded one by one in it, so that one which can't be read costs its own call only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from langprop.errors import WireError
from langprop.sandbox.outcome import CallRecord
from langprop.sandbox.text import clean
from langprop.sandbox.wire import decode, encode

KEPT_CALLS = 8
"""Calls kept of a sample: the last ones, and of each function that was called the last one."""

MAX_VALUE = 1 << 14
"""Size of the arguments of a call, and of its answer, when they are encoded [bytes]."""

MAX_SIZE = 1 << 19
"""Size of a block [bytes]."""

MAX_EXCEPTION = 300  # characters
MAX_PRINTED = 500  # characters
MAX_NAME = 100  # characters


class Told(NamedTuple):
    """A call as it is told.

    Attributes:
        function: Entry point of the script that was called.
        origin: Entry point of the script that called it.
        arguments: Positional and keyword arguments, encoded as one pair.
        output: The answer, encoded.
        exception: Message of a call that failed; else "".
        printed: What was printed during the call.
    """

    function: str
    origin: str
    arguments: bytes
    output: bytes
    exception: str
    printed: str


def make_room(calls: list[Any]) -> None:
    """Forget a call, if there are as many as are kept, before another one is.

    It is the first one of the function that has the most: so each function that was called keeps
    the last of its calls, however often another one is called after it.

    Args:
        calls: Each with a `function`, in the order in which they ended.
    """
    if len(calls) < KEPT_CALLS:
        return
    names = [call.function for call in calls]
    del calls[names.index(max(names, key=names.count))]


def write_calls(calls: Iterable[Told]) -> bytes:
    """Calls as a block."""
    return encode([list(call) for call in calls])


def read_calls(block: bytes) -> tuple[CallRecord, ...]:
    """Calls from bytes of any origin, in the order in which they stand there.

    What makes no sense is left out: a script can only harm the report on itself.
    """
    try:
        told = decode(block, MAX_SIZE)
    except WireError:
        return ()
    if type(told) is not list:
        return ()
    records = (_read(item) for item in told[-KEPT_CALLS:])
    return tuple(record for record in records if record is not None)


def _read(told: Any) -> CallRecord | None:
    try:
        function, origin, arguments, output, exception, printed = told
        args, kwargs = decode(_bytes(arguments), MAX_VALUE)
        return CallRecord(
            tuple(args),
            {_name(key): value for key, value in kwargs.items()},
            decode(_bytes(output), MAX_VALUE),
            clean(_text(exception), MAX_EXCEPTION),
            origin=_name(origin),
            function=_name(function),
            printed=clean(_text(printed), MAX_PRINTED),
        )
    except (WireError, ValueError, TypeError, AttributeError):
        return None


def _name(value: Any) -> str:
    """A name of Python, which prompts can show as it is."""
    if isinstance(value, str) and len(value) <= MAX_NAME and value.isidentifier():
        return value
    raise ValueError("no name")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError("no text")


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    raise TypeError("no bytes")
