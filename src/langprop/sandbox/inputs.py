"""Inputs: the arguments of a batch, encoded once."""

from __future__ import annotations

import itertools
import mmap
import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from langprop.errors import DataError, WireError

if TYPE_CHECKING:
    import numpy as np

    from langprop.sandbox.plain import Fetch

_keys = itertools.count(1)
_COUNT = struct.Struct("<Q")
_ALIGNMENT = 64  # [bytes] of arrays

Call = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional and keyword arguments of one call."""


class Encoded(NamedTuple):
    """The arguments of one call in the wire format.

    Attributes:
        data: All of it but large arrays.
        arrays: These, in order. They are the user's own, not copies.
    """

    data: bytes
    arrays: Sequence[np.ndarray[Any, Any]] = ()

    def copy(self) -> Call:
        """The arguments as a script may have them, to change them as it likes."""
        from langprop.sandbox.wire import decode

        shared = [memoryview(bytearray(each)) for each in map(_items, self.arrays)]
        return _call(decode(self.data, fetch=_by_number(shared)))


class _Aside(list["np.ndarray[Any, Any]"]):
    """Large arrays, found by their numbers."""

    def put(self, array: np.ndarray[Any, Any]) -> int:
        """Take an array: its number."""
        self.append(array)
        return len(self) - 1


class Inputs(Sequence[Call]):
    """The arguments of a batch: one `(args, kwargs)` per sample, plain data only.

    Each sample is encoded on its own, so that samples share no objects in the sandbox even where
    they do here.

    Args:
        calls: Positional and keyword arguments.
        blobs: The same as `encode_call` gives it, if that was done already.
        stream: Whether a script's process shall see one sample at a time, the next one after its
            answer to the one before; for data in which one input reveals another one's label. This
            is slower.

    Attributes:
        key: Unique in this process; executors recognise inputs that they hold already by it.
        stream: As above.
    """

    def __init__(
        self,
        calls: Sequence[Call],
        blobs: Sequence[Encoded] | None = None,
        *,
        stream: bool = False,
    ) -> None:
        self._calls = list(calls)
        self.stream = stream
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
    def blobs(self) -> list[Encoded]:
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


def encode_call(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Encoded:
    """The arguments of one call in the wire format.

    Raises:
        DataError: An argument is of a type that the sandbox doesn't know; names the type.
    """
    from langprop.sandbox.wire import encode  # needs msgpack: not at `import langprop`

    arrays = _Aside()
    try:
        # Lists: they take a part of the time of tuples, and small arguments take most of theirs.
        return Encoded(encode([list(args), dict(kwargs)], arrays), arrays)
    except WireError as error:
        raise DataError(
            f"the arguments can't be sent to the sandbox: {error}. Turn them into plain data "
            "(numbers, text, lists, dicts, sets, numpy arrays) in Module.preprocess."
        ) from error


def pack_inputs(blobs: Sequence[Encoded]) -> Iterator[bytes | memoryview]:
    """Samples in one piece, part by part, so that large arrays needn't be copied.

    How many there are; of each the size of its data, the number of arrays and their sizes; the
    data; the arrays, aligned.
    """
    sizes: list[int] = []
    for blob in blobs:
        sizes += [len(blob.data), len(blob.arrays), *(array.nbytes for array in blob.arrays)]
    head = _COUNT.pack(len(blobs)) + struct.pack(f"<{len(sizes)}Q", *sizes)
    data = b"".join([head, *(blob.data for blob in blobs)])
    yield data
    place = len(data)
    for blob in blobs:
        for array in blob.arrays:
            yield bytes(-place % _ALIGNMENT)
            place += -place % _ALIGNMENT + array.nbytes
            yield _items(array)


def _items(array: np.ndarray[Any, Any]) -> memoryview:
    """The bytes of an array that is contiguous."""
    return memoryview(array.reshape(-1).view("u1"))  # type: ignore[arg-type]


def read_inputs(fd: int) -> list[Call]:
    """What `pack_inputs` made, decoded.

    Large arrays stay where they are, in memory that is shared until it is written to.

    Args:
        fd: A memory file of it.
    """
    from langprop.sandbox.wire import decode

    memory = mmap.mmap(fd, 0, access=mmap.ACCESS_COPY)
    return [
        _call(decode(data, fetch=_by_number(arrays), own=True))
        for data, arrays in split_inputs(memoryview(memory))
    ]


def read_copy(packed: bytes) -> Call:
    """A single sample that `pack_inputs` made, decoded into memory of its own."""
    from langprop.sandbox.wire import decode

    ((data, arrays),) = split_inputs(memoryview(bytearray(packed)))
    return _call(decode(data, fetch=_by_number(arrays), own=True))


def _call(decoded: Any) -> Call:
    """A call as the script gets it, of what `encode_call` encoded."""
    args, kwargs = decoded
    return tuple(args), kwargs


def _by_number(arrays: Sequence[memoryview]) -> Fetch:
    """Arrays as the decoder asks for them."""
    return lambda place, _: arrays[place]


def split_inputs(memory: memoryview) -> list[tuple[bytes, list[memoryview]]]:
    """What `pack_inputs` made: of each sample the data and the arrays."""
    (count,) = _COUNT.unpack_from(memory)
    place = _COUNT.size
    heads: list[tuple[int, tuple[int, ...]]] = []
    for _ in range(count):
        size, n_arrays = struct.unpack_from("<2Q", memory, place)
        heads.append((size, struct.unpack_from(f"<{n_arrays}Q", memory, place + 16)))
        place += 16 + 8 * n_arrays
    contents = []
    for size, _ in heads:
        contents.append(bytes(memory[place : place + size]))
        place += size
    samples = []
    for data, (_, sizes) in zip(contents, heads, strict=True):
        arrays = []
        for size in sizes:
            place += -place % _ALIGNMENT
            arrays.append(memory[place : place + size])
            place += size
        samples.append((data, arrays))
    return samples
