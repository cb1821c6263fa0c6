"""Encoder: plain data to bytes."""

from __future__ import annotations

import struct
import sys
import types
from collections.abc import Iterable
from itertools import chain
from typing import Any

import msgpack

from langprop.errors import WireError
from langprop.sandbox.plain import (
    ARRAY,
    COMPLEX,
    COMPLEX_FORMAT,
    FROZENSET,
    INT,
    LEAVES,
    MAX_DEPTH,
    MAX_INT_BITS,
    MAX_NDIM,
    MIN_SHARED,
    PLACE,
    SCALAR,
    SET,
    SHARED,
    TOO_DEEP,
    TUPLE,
    Shelf,
    check_depth,
)


class Encoder:
    """Packers, one for each level of extension types: none can be used inside itself.

    Not to be used by two threads at a time.
    """

    def __init__(self) -> None:
        self._packers: list[msgpack.Packer] = []
        self._depth = 0
        self._refused: Any = None
        self._shelf: Shelf | None = None

    def encode(self, value: Any, shelf: Shelf | None = None, *, flat: bool = False) -> bytes:
        """Turn plain data into bytes.

        Args:
            value: The data.
            shelf: Takes the large arrays, which then aren't in the bytes.
            flat: Whether it is known not to be nested deeply: looking takes longer than encoding.

        Raises:
            WireError: It isn't plain.
        """
        self._depth = 0
        self._refused = None
        self._shelf = shelf
        try:
            data = self._pack(value)
            if len(data) > MAX_DEPTH and not flat:
                check_depth(value)
        except WireError as error:
            where = _path(value, self._refused) if self._refused is not None else ""
            raise WireError(f"{error} at {where}" if where else str(error)) from None
        except UnicodeEncodeError:
            raise WireError("text with lone surrogates, which is no valid Unicode") from None
        except RecursionError:
            raise WireError(TOO_DEEP) from None
        except MemoryError:
            raise WireError("data that is too large for the memory limit") from None
        except (ValueError, TypeError, OverflowError) as error:
            if "recursion limit" in str(
                error
            ):  # msgpack's own limit of nesting, or a list in itself
                raise WireError(TOO_DEEP) from None
            raise WireError(f"data that can't be sent ({type(error).__name__}: {error})") from None
        finally:
            self._refused = self._shelf = None
            if self._packers and len(self._packers) > MAX_DEPTH // 4:
                del self._packers[1:]
        if len(data) > 1 << 20:
            self._packers.clear()  # a packer keeps the buffer of the largest thing it ever packed
        return data

    def _pack(self, value: Any) -> bytes:
        depth = self._depth
        if depth > MAX_DEPTH:
            raise WireError(TOO_DEEP)
        if depth == len(self._packers):
            packer = msgpack.Packer(default=self._extend, use_bin_type=True, strict_types=True)
            self._packers.append(packer)
        self._depth = depth + 1
        try:
            packed: bytes = self._packers[depth].pack(value)
        finally:
            self._depth = depth
        return packed

    def _extend(self, value: Any) -> Any:
        """What msgpack doesn't know itself: an extension type, or a subclass as its base type."""
        kind = type(value)
        if kind is tuple:
            return msgpack.ExtType(TUPLE, self._pack(list(value)))
        numpy = sys.modules.get("numpy")
        if numpy is not None and hasattr(numpy, "generic"):  # it may be half imported
            if isinstance(value, numpy.ndarray):
                return self._array(value, numpy)
            if isinstance(value, numpy.generic) and not isinstance(value, (str, bytes)):
                return self._scalar(value)
        # Methods of the base types are named: a subclass may have overridden its own.
        if isinstance(value, int):
            return self._int(int.__add__(value, 0))
        if isinstance(value, float):
            return float.__pos__(value)
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, bytes):
            return bytes.__getitem__(value, slice(None))
        if isinstance(value, bytearray):
            return bytes(value)
        if isinstance(value, complex):
            return msgpack.ExtType(COMPLEX, COMPLEX_FORMAT.pack(value.real, value.imag))
        if isinstance(value, dict):
            return dict(dict.items(value))
        if isinstance(value, list):
            return list.__getitem__(value, slice(None))
        if isinstance(value, tuple):
            return msgpack.ExtType(TUPLE, self._pack(list(tuple.__iter__(value))))
        if isinstance(value, set):
            return msgpack.ExtType(SET, self._pack(list(set.__iter__(value))))
        if isinstance(value, frozenset):
            return msgpack.ExtType(FROZENSET, self._pack(list(frozenset.__iter__(value))))
        return self._refuse(value, _name(value))

    def _int(self, value: int) -> Any:
        if -(1 << 63) <= value < 1 << 64:
            return value
        if value.bit_length() > MAX_INT_BITS:
            bits = f"{value.bit_length():,} bits; the limit is {MAX_INT_BITS:,}"
            return self._refuse(value, f"an integer of {bits}")
        size = value.bit_length() // 8 + 1
        return msgpack.ExtType(INT, value.to_bytes(size, "little", signed=True))

    def _array(self, value: Any, numpy: Any) -> Any:
        dtype = value.dtype
        if not _is_plain_dtype(dtype):
            return self._refuse(value, f"a numpy array of dtype {dtype}")
        if value.ndim > MAX_NDIM:
            return self._refuse(value, f"a numpy array of {value.ndim} dimensions")
        if dtype.itemsize == 0:  # text of length 0; its bytes wouldn't tell the shape
            value, dtype = value.astype(f"{dtype.kind}1"), numpy.dtype(f"{dtype.kind}1")
        name = dtype.str.encode()
        head = struct.pack(f"<BB{value.ndim}Q", len(name), value.ndim, *value.shape)
        if self._shelf is not None and value.nbytes >= MIN_SHARED:
            plain = numpy.ascontiguousarray(numpy.ndarray.view(value, numpy.ndarray))
            place = self._shelf.put(plain)
            if place is not None:
                return msgpack.ExtType(SHARED, PLACE.pack(place) + head + name)
        return msgpack.ExtType(ARRAY, head + name + numpy.ndarray.tobytes(value))

    def _scalar(self, value: Any) -> Any:
        if not _is_plain_dtype(value.dtype):
            return self._refuse(value, f"a numpy value of dtype {value.dtype}")
        name = value.dtype.str.encode()
        return msgpack.ExtType(SCALAR, bytes([len(name)]) + name + value.tobytes())

    def _refuse(self, value: Any, what: str) -> Any:
        self._refused = value
        raise WireError(what)


_KINDS: tuple[tuple[type, str], ...] = (
    (types.GeneratorType, "a generator"),
    (types.CoroutineType, "a coroutine (an async function that was not awaited)"),
    (types.AsyncGeneratorType, "an async generator"),
    (types.FunctionType, "a function"),
    (types.BuiltinFunctionType, "a function"),
    (types.MethodType, "a method"),
    (types.ModuleType, "a module"),
    (type, "a class"),
)


def _name(value: Any) -> str:
    """What a value is, in words, without calling any code of its own."""
    for kind, name in _KINDS:
        if isinstance(value, kind):
            return name
    return f"an object of type {type.__dict__['__name__'].__get__(type(value))[:80]}"


def _path(root: Any, target: Any) -> str:
    """Where in a value an object is, as in "[0]['x']"; "" for the value itself."""
    waiting: list[tuple[Any, str]] = [(root, "")]
    for _ in range(10_000):  # a message isn't worth more
        if not waiting:
            break
        value, path = waiting.pop()
        if value is target:
            return path
        items: Iterable[tuple[Any, str]] = ()
        if isinstance(value, dict):
            keys = ((key, f"{path}[key]") for key in dict.keys(value))
            items = chain(
                ((item, f"{path}[{_short(key)}]") for key, item in dict.items(value)), keys
            )
        elif isinstance(value, (list, tuple)):
            items = ((item, f"{path}[{index}]") for index, item in enumerate(value))
        elif isinstance(value, (set, frozenset)):
            items = ((item, f"{path}{{…}}") for item in value)
        if len(path) < 200:
            waiting.extend(items)
    return ""


def _short(key: Any) -> str:
    text = repr(key) if type(key) in LEAVES else "…"
    return text if len(text) <= 40 else text[:39] + "…"


def _is_plain_dtype(dtype: Any) -> bool:
    return dtype.kind in "biufcSUMm" and dtype.fields is None and dtype.subdtype is None
