"""Wire format: plain data as bytes, for what goes into the sandbox and what comes out of it.

msgpack with extension types for what msgpack doesn't have. The decoder only ever builds `PLAIN`
data, whatever the bytes are: no classes, no calls, no pickle; sizes, nesting and hash collisions
are bounded.

Subclasses (`IntEnum`, `OrderedDict`, named tuples, ...) become their base type, `bytearray` and
`memoryview` become `bytes`, and numpy text becomes `str`. Objects that occur twice are written
twice.
"""

from __future__ import annotations

from typing import Any

from langprop.errors import WireError
from langprop.sandbox.decoder import Decoder
from langprop.sandbox.encoder import Encoder
from langprop.sandbox.plain import MAX_DEPTH, PLAIN, Fetch, Shelf, check_depth

__all__ = ["MAX_DEPTH", "PLAIN", "decode", "encode"]

_encoder = Encoder()


def encode(value: Any, shelf: Shelf | None = None) -> bytes:
    """Turn plain data into bytes.

    Args:
        value: The data.
        shelf: Takes the large arrays, which then aren't in the bytes; None to have them there.

    Raises:
        WireError: The value holds something that isn't plain data, nests too deeply, contains
            itself, or holds an integer that is too long; names it and where it is.
    """
    return _encoder.encode(value, shelf)


def decode(data: bytes, max_bytes: int = 1 << 32, fetch: Fetch | None = None) -> Any:
    """Turn bytes from anywhere into plain data.

    Args:
        data: What `encode` gave, or anything else.
        max_bytes: Refuse more bytes than that.
        fetch: Gives the items of large arrays that aren't in the bytes; None if there are none.

    Raises:
        WireError: The bytes aren't plain data, or would take unreasonable time or memory.
    """
    if len(data) > max_bytes:
        raise WireError(f"{len(data):,} bytes are more than the limit of {max_bytes:,}")
    try:
        try:
            value = Decoder(text_keys=True, fetch=fetch).unpack(data)
        except WireError:
            raise
        except ValueError:  # most likely a dict with other keys than text, which takes more care
            value = Decoder(text_keys=False, fetch=fetch).unpack(data)
        if len(data) > MAX_DEPTH:
            check_depth(value)
    except WireError:
        raise
    except Exception as error:  # msgpack, struct and numpy have many ways to refuse bytes
        raise WireError(f"malformed data ({type(error).__name__}: {str(error)[:200]})") from None
    return value
