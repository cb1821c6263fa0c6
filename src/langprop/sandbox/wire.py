"""Wire format: plain data as bytes, for what goes into the sandbox and what comes out of it.

msgpack with extension types for what msgpack doesn't have. The decoder only ever builds `PLAIN` data, whatever the
bytes are: no classes, no calls, no pickle; sizes, nesting and hash collisions are bounded.

Subclasses (`IntEnum`, `OrderedDict`, named tuples, ...) become their base type, `bytearray` and `memoryview` become
`bytes`, and numpy text becomes `str`. Objects that occur twice are written twice.
"""

from __future__ import annotations

import struct
import sys
import threading
import types
from collections.abc import Iterable
from itertools import chain
from typing import Any

import msgpack

from langprop.errors import WireError

PLAIN = (
    "None, bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, "
    "numpy numbers and arrays"
)
"""What can be sent, in words."""

MAX_DEPTH = 64  # containers in containers
MAX_INT_BITS = 14_000  # 4,215 digits: Python refuses to print integers of more than 4,300
MAX_COLLISIONS = 64  # keys with the hash of another key; honest data has next to none
MAX_NDIM = 32
SMALL = 2_048  # [bytes] below it, false claims of length can't allocate much (see _check_claims)

TUPLE, SET, FROZENSET, COMPLEX, INT, ARRAY, SCALAR = range(1, 8)  # extension types

_LEAVES = frozenset({type(None), bool, int, float, str, bytes, complex})
_CONTAINERS = (list, tuple, dict, set, frozenset)
_COMPLEX = struct.Struct("<dd")


def encode(value: Any) -> bytes:
    """Turn plain data into bytes.

    Raises:
        WireError: The value holds something that isn't plain data, nests too deeply, contains itself, or holds an
            integer that is too long; names it and where it is.
    """
    return _encoder.encode(value)


def decode(data: bytes, max_bytes: int = 1 << 32) -> Any:
    """Turn bytes from anywhere into plain data.

    Args:
        data: What `encode` gave, or anything else.
        max_bytes: Refuse more bytes than that.

    Raises:
        WireError: The bytes aren't plain data, or would take unreasonable time or memory.
    """
    if len(data) > max_bytes:
        raise WireError(f"{len(data):,} bytes are more than the limit of {max_bytes:,}")
    try:
        try:
            value = _Decoder(text_keys=True).unpack(data)
        except WireError:
            raise
        except ValueError:  # most likely a dict with other keys than text, which takes more care
            value = _Decoder(text_keys=False).unpack(data)
        if len(data) > MAX_DEPTH:
            _check_depth(value)
    except WireError:
        raise
    except Exception as error:  # msgpack, struct and numpy have many ways to refuse bytes
        raise WireError(f"malformed data ({type(error).__name__}: {str(error)[:200]})") from None
    return value


class _Encoder(threading.local):
    """Packers, one for each level of nested extension types: a packer can't be used inside itself."""

    def __init__(self) -> None:
        self._packers: list[msgpack.Packer] = []
        self._depth = 0
        self._refused: Any = None

    def encode(self, value: Any) -> bytes:
        self._depth = 0
        self._refused = None
        try:
            data = self._pack(value)
            if len(data) > MAX_DEPTH:
                _check_depth(value)
        except WireError as error:
            where = _path(value, self._refused) if self._refused is not None else ""
            raise WireError(f"{error} at {where}" if where else str(error)) from None
        except UnicodeEncodeError:
            raise WireError("text with lone surrogates, which is no valid Unicode") from None
        except RecursionError:
            raise WireError(_TOO_DEEP) from None
        except MemoryError:
            raise WireError("data that is too large for the memory limit") from None
        except (ValueError, TypeError, OverflowError) as error:
            if "recursion limit" in str(
                error
            ):  # msgpack's own limit of nesting, or a list in itself
                raise WireError(_TOO_DEEP) from None
            raise WireError(f"data that can't be sent ({type(error).__name__}: {error})") from None
        finally:
            self._refused = None
            if self._packers and len(self._packers) > MAX_DEPTH // 4:
                del self._packers[1:]
        if len(data) > 1 << 20:
            self._packers.clear()  # a packer keeps the buffer of the largest thing it ever packed
        return data

    def _pack(self, value: Any) -> bytes:
        depth = self._depth
        if depth > MAX_DEPTH:
            raise WireError(_TOO_DEEP)
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
            return msgpack.ExtType(COMPLEX, _COMPLEX.pack(value.real, value.imag))
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
        return msgpack.ExtType(ARRAY, head + name + numpy.ndarray.tobytes(value))

    def _scalar(self, value: Any) -> Any:
        if not _is_plain_dtype(value.dtype):
            return self._refuse(value, f"a numpy value of dtype {value.dtype}")
        name = value.dtype.str.encode()
        return msgpack.ExtType(SCALAR, bytes([len(name)]) + name + value.tobytes())

    def _refuse(self, value: Any, what: str) -> Any:
        self._refused = value
        raise WireError(what)


_encoder = _Encoder()
_TOO_DEEP = f"data nested more than {MAX_DEPTH} deep, or data that contains itself"

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
    """Where in a value an object is, as in "[0]['x']"; "" if it is the value itself or isn't found."""
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
    text = repr(key) if type(key) in _LEAVES else "…"
    return text if len(text) <= 40 else text[:39] + "…"


def _check_depth(value: Any) -> None:
    """Refuse deep nesting; level by level, as recursion would itself be too deep."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [item for item in level if isinstance(item, _CONTAINERS)]
        if not level:
            return
        parts = (chain(item, item.values()) if isinstance(item, dict) else item for item in level)
        level = list(chain.from_iterable(parts))
        if _LEAVES.issuperset(map(type, level)):  # at the speed of C, for large flat data
            level = []
    raise WireError(_TOO_DEEP)


def _is_plain_dtype(dtype: Any) -> bool:
    return dtype.kind in "biufcSUMm" and dtype.fields is None and dtype.subdtype is None


class _Decoder:
    """Builds plain data from bytes.

    Args:
        text_keys: Dicts may have text and bytes as keys only. That is faster, and Python's hashes of these are secret,
            so that collisions can't be made on purpose.
    """

    __slots__ = ("_collisions", "_depth", "_text_keys")

    def __init__(self, *, text_keys: bool) -> None:
        self._text_keys = text_keys
        self._depth = 0
        self._collisions = 0

    def unpack(self, data: bytes) -> Any:
        if len(data) > SMALL:
            _check_claims(data)
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
                raise WireError(_TOO_DEEP)
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
            return complex(*_COMPLEX.unpack(data))
        if code == INT:
            if len(data) > MAX_INT_BITS // 8 + 1:
                raise WireError("integer too long")
            return int.from_bytes(data, "little", signed=True)
        if code in (ARRAY, SCALAR):
            from langprop.sandbox import arrays  # needs numpy, which not every script does

            return arrays.array(data) if code == ARRAY else arrays.scalar(data)
        raise WireError(f"unknown extension type {code}")

    def _dict(self, pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
        self._check_hashes([key for key, _ in pairs])
        return dict(pairs)

    def _check_hashes(self, keys: list[Any]) -> None:
        """Refuse collisions made on purpose: n keys of one hash take n² comparisons."""
        others = [key for key in keys if type(key) is not str and type(key) is not bytes]
        self._collisions += len(others) - len(set(map(hash, others)))
        if self._collisions > MAX_COLLISIONS:
            raise WireError("too many keys with the same hash")


def _sizes() -> list[int]:
    """Length of a msgpack token by its first byte; 0 where the length or the number of items follows."""
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


def _check_claims(data: bytes) -> None:
    """Refuse containers that claim more items than there are bytes.

    msgpack allocates what a header claims before it reads the items, and headers nest: a kilobyte could ask for
    gigabytes.
    """
    place, end, claimed = 0, len(data), 0
    while place < end:
        byte = data[place]
        size = _SIZES[byte]
        if size:
            place += size
            continue
        width = _CLAIMS.get(byte) or _WIDTHS[byte]
        number = int.from_bytes(data[place + 1 : place + 1 + width], "big")
        place += 1 + width
        if byte in _CLAIMS:
            claimed += number
            if claimed > end:
                raise WireError("malformed data: it claims more items than it has bytes")
        else:
            place += number + (byte in (0xC7, 0xC8, 0xC9))  # extensions have a byte for their type
