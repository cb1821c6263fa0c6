"""Wire format: plain data as bytes, for what goes into the sandbox and what comes out of it.

msgpack with extension types for what msgpack doesn't have. The decoder only ever builds `PLAIN`
data, whatever the bytes are: no classes, no calls, no pickle; sizes, nesting and hash collisions
are bounded.

Subclasses (`IntEnum`, `OrderedDict`, named tuples, ...) become their base type, `bytearray` and
`memoryview` become `bytes`, and numpy text becomes `str`. Objects that occur twice are written
twice.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import msgpack

from langprop.errors import WireError
from langprop.sandbox.decoder import SMALL, Decoder
from langprop.sandbox.encoder import Encoder
from langprop.sandbox.plain import LEAVES, MAX_DEPTH, PLAIN, TUPLE, Fetch, Shelf, check_depth

__all__ = ["MAX_DEPTH", "PLAIN", "decode", "decode_many", "decode_row", "encode"]

_INTEGERS = [bytes([value % 256]) for value in (*range(128), *range(-32, 0))]
_FLOAT = struct.Struct(">Bd")

_LEAVES_AND_TUPLE = LEAVES | {tuple}

_encoders: list[Encoder] = []  # that no thread uses in this moment; faster than a local of each


def encode(value: Any, shelf: Shelf | None = None, *, flat: bool = False) -> bytes:
    """Turn plain data into bytes.

    Args:
        value: The data.
        shelf: Takes the large arrays, which then aren't in the bytes; None to have them there.
        flat: Whether it is known not to be nested deeply: looking takes longer than encoding.

    Raises:
        WireError: The value holds something that isn't plain data, nests too deeply, contains
            itself, or holds an integer that is too long; names it and where it is.
    """
    kind = type(value)  # the answers of most policies, in a fifth of the time
    if kind is int:
        if -32 <= value < 128:
            packed: bytes = _INTEGERS[value]
            return packed
    elif kind is float:
        return _FLOAT.pack(0xCB, value)
    elif kind is bool:
        return b"\xc3" if value else b"\xc2"
    try:
        encoder = _encoders.pop()
    except IndexError:
        encoder = Encoder()
    try:
        return encoder.encode(value, shelf, flat=flat)
    finally:
        _encoders.append(encoder)


def decode(
    data: bytes, max_bytes: int = 1 << 32, fetch: Fetch | None = None, *, own: bool = False
) -> Any:
    """Turn bytes from anywhere into plain data.

    Args:
        data: What `encode` gave, or anything else.
        max_bytes: Refuse more bytes than that.
        fetch: Gives the items of large arrays that aren't in the bytes; None if there are none.
        own: Whether the trusted side has made the bytes. They are decoded in a part of the time,
            without looking for what only a stranger would do.

    Raises:
        WireError: The bytes aren't plain data, or would take unreasonable time or memory.
    """
    if len(data) > max_bytes:
        raise WireError(f"{len(data):,} bytes are more than the limit of {max_bytes:,}")
    settings: dict[str, Any] = {"fetch": fetch, "own": own, "max_bytes": max_bytes}
    try:
        try:
            value = Decoder(text_keys=True, **settings).unpack(data)
        except WireError:
            raise
        except ValueError:  # most likely a dict with other keys than text, which takes more care
            value = Decoder(text_keys=False, **settings).unpack(data)
        if len(data) > MAX_DEPTH and not own:
            check_depth(value)
    except WireError:
        raise
    except Exception as error:  # msgpack, struct and numpy have many ways to refuse bytes
        raise WireError(f"malformed data ({type(error).__name__}: {str(error)[:200]})") from None
    return value


def _flat_tuple(code: int, data: bytes) -> tuple[Any, ...]:
    """A tuple of numbers and texts; whatever else there is isn't decoded in haste."""
    items = msgpack.unpackb(data) if code == TUPLE else None
    if type(items) is list and LEAVES.issuperset(map(type, items)):
        return tuple(items)
    raise ValueError


def decode_many(blobs: Sequence[bytes]) -> list[Any]:
    """Turn the bytes of many small values into these, in one go.

    Args:
        blobs: What `encode` gave; at most 65,535.

    Raises:
        WireError: As `decode_row`.
    """
    return decode_row(b"".join(blobs), len(blobs))


def decode_row(data: bytes, count: int) -> list[Any]:
    """Turn the bytes of many small values, one behind the other, into these, in one go.

    The values of honest bytes are those that `decode` gives. Of bytes that end in the middle of a
    value, the next ones may become a part.

    Args:
        data: What `encode` gave, joined.
        count: Number of the values; at most 65,535.

    Raises:
        WireError: As `decode`, without saying which one; also for values of the greatest depth, and
            for arrays that aren't in the bytes.
    """
    row = b"\xdc" + count.to_bytes(2, "big") + data
    if len(row) <= SMALL:
        # Most are numbers, for which there is nothing to be looked into; else it is done again.
        try:
            values: list[Any] = msgpack.unpackb(row, ext_hook=_flat_tuple)
            if _LEAVES_AND_TUPLE.issuperset(map(type, values)):
                return values
        except Exception:  # noqa: S110 - found again, and told, by the decoder
            pass
    found: list[Any] = decode(row)
    return found
