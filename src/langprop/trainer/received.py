"""A call that a module received, which optimizers show and learn types from."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence

from langprop.errors import CheckpointError, WireError
from langprop.population.record import Record
from langprop.sandbox.wire import decode, encode


def received_example(records: Mapping[str, Sequence[Record]]) -> Record | None:
    """A call that was received; rather one whose arguments came whole."""
    found: Record | None = None
    for record in (each for group in records.values() for each in group):
        if any(call.args is record.args for call in record.calls):
            values = (*record.args, *record.kwargs.values())
            if not any(isinstance(each, str) and each[:1] + each[-1:] == "<>" for each in values):
                return record
            found = found or record
    return found


def pack(example: Record) -> str:
    """Arguments as text: they may be any plain data, not only what JSON knows."""
    return base64.b64encode(encode((example.args, example.kwargs))).decode("ascii")


def unpack(text: str) -> Record:
    """The example that was packed.

    Raises:
        CheckpointError: It can't be read.
    """
    try:
        args, kwargs = decode(base64.b64decode(text))
    except (WireError, binascii.Error) as error:
        raise CheckpointError(f"the example of a call can't be read: {error}") from error
    return Record(0, "ok", 0.0, tuple(args), dict(kwargs))
