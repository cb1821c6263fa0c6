"""Numpy arrays and numbers from bytes of any origin."""

from __future__ import annotations

import math
import re
import struct
from typing import Any

import numpy as np

from langprop.errors import WireError
from langprop.sandbox.plain import MAX_NDIM, PLACE, Fetch

_NUMBER = re.compile(r"[<>|=][biufc]\d{1,2}")
_TEXT = re.compile(r"[<>|=][SU][1-9]\d{0,8}")
_TIME = re.compile(r"[<>=][Mm]8(\[\d{0,4}(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?")


def array(data: bytes) -> Any:
    """An array.

    The bytes are the length of its dtype's name, the number of dimensions, the shape, the name, the
    items.

    Raises:
        WireError: The bytes don't fit the shape, or the dtype isn't plain.
    """
    dtype, shape, start = _head(data)
    if math.prod(shape) * dtype.itemsize != len(data) - start:
        raise WireError("array whose bytes don't fit its shape")
    return _items(data, dtype, start).reshape(shape)


def shared(data: bytes, fetch: Fetch) -> Any:
    """An array whose items are elsewhere; they aren't copied.

    Args:
        data: A place, then as for `array`, without the items.
        fetch: Gives what is at the place.

    Raises:
        WireError: They don't fit the shape, or the dtype isn't plain.
    """
    (place,) = PLACE.unpack_from(data)
    dtype, shape, _ = _head(data[PLACE.size :])
    size = math.prod(shape) * dtype.itemsize
    items = fetch(place, size)
    if len(items) != size:
        raise WireError("array whose bytes don't fit its shape")
    if dtype.kind in ("b", "U"):
        return _items(bytes(items), dtype, 0).reshape(shape)
    return np.frombuffer(items, dtype).reshape(shape)


def scalar(data: bytes) -> Any:
    """A number, from the length of its dtype's name, the name and the bytes.

    Raises:
        WireError: The bytes don't fit the dtype, or the dtype isn't plain.
    """
    start = 1 + data[0]
    dtype = _dtype(data[1:start])
    if len(data) - start != dtype.itemsize:
        raise WireError("number whose bytes don't fit its type")
    return _items(data, dtype, start)[0]


def _head(data: bytes) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Dtype, shape, and how long that was."""
    n_name, ndim = data[0], data[1]
    if ndim > MAX_NDIM:
        raise WireError("array of too many dimensions")
    shape = struct.unpack_from(f"<{ndim}Q", data, 2)
    start = 2 + 8 * ndim
    return _dtype(data[start : start + n_name]), shape, start + n_name


def _dtype(name: bytes) -> np.dtype[Any]:
    text = name.decode("ascii")
    if not any(pattern.fullmatch(text) for pattern in (_NUMBER, _TEXT, _TIME)):
        raise WireError(f"array of the unknown dtype {text[:20]!r}")
    return np.dtype(text)


def _items(data: bytes, dtype: np.dtype[Any], start: int) -> Any:
    """A flat, writable array of its own memory."""
    if len(data) == start:
        return np.zeros(0, dtype)
    if dtype.kind == "b":  # a byte other than 0 and 1 would make a bool that is neither
        return np.frombuffer(data, np.uint8, offset=start) != 0
    if dtype.kind == "U":  # numpy doesn't check text before it is read
        codes = np.frombuffer(data, np.dtype("u4").newbyteorder(dtype.byteorder), offset=start)
        if ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes <= 0xDFFF))).any():
            raise WireError("array of text that is no valid Unicode")
    return np.frombuffer(data, dtype, offset=start).copy()
