"""Decoder: bytes of any origin to plain data."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgpack

from langprop.errors import WireError
from langprop.sandbox.plain import (
    ARRAY,
    COMPLEX,
    COMPLEX_FORMAT,
    FROZENSET,
    INT,
    MAX_DEPTH,
    MAX_INT_BITS,
    SCALAR,
    SET,
    SHARED,
    TOO_DEEP,
    TUPLE,
    Fetch,
)

MAX_COLLISIONS = 1 << 18
"""Pairs of keys with the same hash. Honest data has some: -1 and -2, and so many coordinates."""

BYTES_PER_CONTAINER = 16
"""Least size of an answer's limit for each container in the answer [bytes]."""

_FEW = 4_096  # containers that are always allowed

SMALL = 2_048  # [bytes] below it, false claims of length can't allocate much (see _check_claims)


class Decoder:
    """Builds plain data from bytes.

    Args:
        text_keys: Dicts may have text and bytes as keys only. That is faster, and Python's hashes
            of these are secret, so that collisions can't be made on purpose.
        fetch: Gives the items of large arrays, if these aren't in the bytes.
        own: Whether the bytes are of the trusted side's own making.
        max_bytes: Size of what is allowed, large arrays included [bytes]. Containers are bounded by
            it, too: an empty one takes one byte here, and sixty in memory.
    """

    __slots__ = ("_collisions", "_depth", "_fetch", "_left", "_own", "_room", "_text_keys")

    def __init__(
        self,
        *,
        text_keys: bool,
        fetch: Fetch | None = None,
        own: bool = False,
        max_bytes: int = 1 << 32,
    ) -> None:
        self._text_keys = text_keys
        self._own = own
        self._left = max_bytes
        self._room = 0 if own else max(_FEW, max_bytes // BYTES_PER_CONTAINER)
        self._fetch = fetch
        self._depth = 0
        self._collisions = 0

    def unpack(self, data: bytes) -> Any:
        """Build what the bytes say.

        Raises:
            WireError: They are no plain data, or would take unreasonable time or memory.
            Exception: They are malformed.
        """
        # What lies in a large value is looked into as well, however small it is.
        if not self._own and (len(data) > SMALL or self._room < 0):
            self._room = -abs(self._room) + _check_claims(data)
            if self._room >= 0:
                raise WireError("too many containers; large data belongs into numpy arrays")
        # msgpack's timestamps become floats: they are no plain data.
        if self._text_keys:
            return msgpack.unpackb(data, ext_hook=self._extend, timestamp=1)
        return msgpack.unpackb(
            data,
            ext_hook=self._extend,
            object_pairs_hook=self._dict,
            strict_map_key=False,
            timestamp=1,
        )

    def _extend(self, code: int, data: bytes) -> Any:
        if code in (TUPLE, SET, FROZENSET):
            if self._depth >= MAX_DEPTH:
                raise WireError(TOO_DEEP)
            self._depth += 1
            items = self.unpack(data)
            self._depth -= 1
            if type(items) is not list:
                raise WireError("malformed tuple or set")
            if code == TUPLE:
                return tuple(items)
            self._check_hashes(items)
            return set(items) if code == SET else frozenset(items)
        if code == COMPLEX:
            return complex(*COMPLEX_FORMAT.unpack(data))
        if code == INT:
            if len(data) > MAX_INT_BITS // 8 + 1:
                raise WireError("integer too long")
            return int.from_bytes(data, "little", signed=True)
        if code in (ARRAY, SCALAR):
            from langprop.sandbox import arrays  # needs numpy, which not every script does

            return arrays.array(data) if code == ARRAY else arrays.scalar(data)
        if code == SHARED:
            from langprop.sandbox import arrays

            if self._fetch is None:
                raise WireError("array that isn't there")
            return arrays.shared(data, self._take)
        raise WireError(f"unknown extension type {code}")

    def _take(self, place: int, size: int) -> memoryview:
        """Fetch the items of an array: the same ones could be asked for many times."""
        self._left -= size
        if self._left < 0 and not self._own:
            raise WireError("arrays that are larger than the limit")
        assert self._fetch is not None  # noqa: S101 - for mypy
        return self._fetch(place, size)

    def _dict(self, pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
        self._check_hashes([key for key, _ in pairs])
        return dict(pairs)

    def _check_hashes(self, keys: list[Any]) -> None:
        """Refuse collisions made on purpose: n keys of one hash take n² comparisons."""
        others = [key for key in keys if type(key) is not str and type(key) is not bytes]
        hashes = list(map(hash, others))
        if len(set(hashes)) == len(hashes):
            return
        # To compare two long tuples takes longer than to compare two numbers.
        weight = max(_weight(key) for key in others)
        pairs = sum(count * (count - 1) for count in Counter(hashes).values())
        self._collisions += pairs * weight
        if self._collisions > MAX_COLLISIONS:
            raise WireError("too many keys with the same hash")


def _weight(key: Any) -> int:
    """How long it takes to compare a key, in comparisons of numbers."""
    if isinstance(key, (tuple, frozenset)):
        return 1 + sum(map(_weight, key))
    return 1 + len(key) // 64 if isinstance(key, (str, bytes)) else 1


def _sizes() -> list[int]:
    """Length of a msgpack token by its first byte; 0 where a length or a count follows."""
    sizes = [1] * 256
    for byte in range(0xA0, 0xC0):  # short text
        sizes[byte] = 1 + byte - 0xA0
    numbers = {
        0xCA: 5,
        0xCB: 9,
        0xCC: 2,
        0xCD: 3,
        0xCE: 5,
        0xCF: 9,
        0xD0: 2,
        0xD1: 3,
        0xD2: 5,
        0xD3: 9,
    }
    extensions = {0xD4: 3, 0xD5: 4, 0xD6: 6, 0xD7: 10, 0xD8: 18}
    for byte, size in {**numbers, **extensions}.items():
        sizes[byte] = size
    for byte in (*range(0xC4, 0xCA), *range(0xD9, 0xE0)):
        sizes[byte] = 0
    return sizes


_SIZES = _sizes()
_WIDTHS = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_CLAIMS = {0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}


def _check_claims(data: bytes) -> int:
    """Refuse containers that claim more items than there are bytes.

    msgpack allocates what a header claims before it reads the items, and headers nest: a kilobyte
    could ask for gigabytes.

    Returns:
        How many containers there are.
    """
    place, end, claimed, count = 0, len(data), 0, 0
    while place < end:
        byte = data[place]
        size = _SIZES[byte]
        if size:
            place += size
            count += 0x80 <= byte < 0xA0
            continue
        width = _CLAIMS.get(byte) or _WIDTHS[byte]
        number = int.from_bytes(data[place + 1 : place + 1 + width], "big")
        place += 1 + width
        if byte in _CLAIMS:
            count += 1
            claimed += number
            if claimed > end:
                raise WireError("malformed data: it claims more items than it has bytes")
        else:
            place += number + (byte in (0xC7, 0xC8, 0xC9))  # extensions have a byte for their type
    return count
