"""Inputs: the arguments of a batch, encoded once."""

from __future__ import annotations

import itertools
import mmap
import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, overload

from langprop.errors import DataError, WireError

_COUNT = struct.Struct("<Q")
_keys = itertools.count(1)

Call = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional and keyword arguments of one call."""


class Inputs(Sequence[Call]):
    """The arguments of a batch: one `(args, kwargs)` per sample, plain data only.

    Each sample is encoded on its own, so that samples share no objects in the sandbox even where
    they do here.

    Args:
        calls: Positional and keyword arguments.
        blobs: The same as `encode_call` gives it, if that was done already.

    Attributes:
        key: Unique in this process; executors recognise inputs that they hold already by it.
    """

    def __init__(self, calls: Sequence[Call], blobs: Sequence[bytes] | None = None) -> None:
        self._calls = list(calls)
        self.key = next(_keys)
        if blobs is not None:
            self.blobs = list(blobs)

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        return self._calls[index]

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    @cached_property
    def blobs(self) -> list[bytes]:
        """The samples in the wire format, in order.

        Raises:
            DataError: An argument is of a type that the sandbox doesn't know; names the sample and
                the type.
        """
        blobs = []
        for index, (args, kwargs) in enumerate(self._calls):
            try:
                blobs.append(encode_call(args, kwargs))
            except DataError as error:
                raise DataError(f"sample {index}: {error}") from error
        return blobs


def encode_call(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bytes:
    """The arguments of one call in the wire format.

    Raises:
        DataError: An argument is of a type that the sandbox doesn't know; names the type.
    """
    from langprop.sandbox.wire import encode  # needs msgpack: not at `import langprop`

    try:
        return encode((tuple(args), dict(kwargs)))
    except WireError as error:
        raise DataError(
            f"the arguments can't be sent to the sandbox: {error}. Turn them into plain data "
            "(numbers, text, lists, dicts, sets, numpy arrays) in Module.preprocess."
        ) from error


def pack_inputs(blobs: list[bytes]) -> bytes:
    """Samples in one piece: how many, their lengths, their bytes."""
    lengths = struct.pack(f"<{len(blobs)}Q", *map(len, blobs))
    return b"".join([_COUNT.pack(len(blobs)), lengths, *blobs])


def read_inputs(fd: int) -> list[Call]:
    """What `pack_inputs` made, decoded.

    Args:
        fd: A memory file of it.
    """
    from langprop.sandbox.wire import decode

    with mmap.mmap(fd, 0, access=mmap.ACCESS_READ) as data:
        (count,) = _COUNT.unpack_from(data)
        lengths = struct.unpack_from(f"<{count}Q", data, _COUNT.size)
        calls, place = [], _COUNT.size * (1 + count)
        for length in lengths:
            calls.append(decode(data[place : place + length]))
            place += length
    return calls
