from __future__ import annotations

import collections
import contextlib
import enum
import math
import sys
import time
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from langprop.errors import WireError
from langprop.sandbox import plain
from langprop.sandbox.wire import MAX_DEPTH, decode, encode

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(0, 13_999).map(lambda bits: -(1 << bits)),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
)
keys = st.recursive(
    scalars, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=4
)
dtypes = [
    "?", "i1", "<i4", ">i8", "u2", "<f2", "f4", ">f8", "c8", "<c16",
    "S3", "<U2", ">U4", "<M8[ns]", "M8[D]", "<m8[25s]", "m8",
]  # fmt: skip


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    shape = draw(st.lists(st.integers(0, 3), max_size=4))
    size = math.prod(shape)
    if dtype.kind in "SU":
        items = draw(st.lists(st.sampled_from(["", "a", "bc"]), min_size=size, max_size=size))
        return np.array(items, dtype).reshape(shape)
    data = draw(st.binary(min_size=size * dtype.itemsize, max_size=size * dtype.itemsize))
    if dtype.kind == "b":
        return (np.frombuffer(data, np.uint8) > 127).reshape(shape)
    array = np.frombuffer(data, dtype) if size else np.zeros(0, dtype)
    return np.asarray(array.reshape(shape), order=draw(st.sampled_from(["C", "F"])))


numbers = arrays().filter(lambda array: array.size and array.dtype.kind not in "SU")
values = st.recursive(
    st.one_of(scalars, arrays(), numbers.map(lambda array: array.flat[0])),
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(keys, inner),
        st.sets(keys),
        st.frozensets(keys),
    ),
    max_leaves=20,
)


def same(a: Any, b: Any) -> bool:
    """Equality in which NaN equals NaN, and types count."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    if isinstance(a, (set, frozenset)):
        return len(a) == len(b) and all(any(same(x, y) for y in b) for x in a)
    return a == b


@settings(max_examples=150, deadline=None)
@given(values)
def test_round_trip(value):
    assert same(decode(encode(value)), value)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
@example(b"\xd6\xff\0\0\0\0")  # a timestamp
@example(b"\xd7\xff" + b"\xff" * 8)
@example(b"\xc7\x02\x06\xff\xff")  # an array of impossible size
def test_any_bytes_are_plain_data_or_an_error(data):
    try:
        value = decode(data)
    except WireError:
        return
    assert_plain(value)


@settings(max_examples=150, deadline=None)
@given(values, st.data())
def test_damaged_bytes_are_plain_data_or_an_error(value, data):
    damaged = bytearray(encode(value))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        assert_plain(decode(bytes(damaged)))


def assert_plain(value: Any) -> None:
    assert isinstance(value, (np.ndarray, np.generic)) or type(value) in (
        type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset,
    )  # fmt: skip
    repr(value)
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            assert_plain(item)


class Color(enum.IntEnum):
    RED = 2


class Text(str):
    def __str__(self) -> str:
        return "evil"


class Number(float):
    def __pos__(self) -> float:
        return 666.0


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "base"),
    [
        (Color.RED, 2),
        (Text("a"), "a"),
        (Number(-0.0), -0.0),
        (bytearray(b"a"), b"a"),
        (memoryview(b"a"), b"a"),
        (Point(1, [2]), (1, [2])),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.defaultdict(list, {1: [2]}), {1: [2]}),
        (collections.Counter("aa"), {"a": 2}),
        (np.str_("a"), "a"),
        (np.ma.masked_array([1, 2]), np.array([1, 2])),
        (type("S", (set,), {})([1]), {1}),
        (type("I", (int,), {})(2**80), 2**80),
        ({Color.RED: {Point(1, 2)}}, {2: {(1, 2)}}),
    ],
)
def test_subclasses_become_their_base(value, base):
    assert same(decode(encode(value)), base)


def generator():
    yield 1


async def coroutine():
    pass


def itself():
    items: list[Any] = []
    items.append(items)
    return items


def nested(depth: int, kind: type = list) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if kind is dict else kind([value])
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (generator(), "a generator"),
        (generator, "a function"),
        (len, "a function"),
        (int, "a class"),
        (math, "a module"),
        ([].append, "a function"),
        (range(3), "an object of type range"),
        ({}.keys(), "an object of type dict_keys"),
        ([1, {"a": (2, generator())}], "a generator at [1]['a'][1]"),
        ({"x": {1: {object()}}}, "an object of type object at ['x'][1]{…}"),
        ({object(): 1}, "an object of type object at [key]"),
        (np.array([object()]), "a numpy array of dtype object"),
        (np.zeros(2, [("a", "i4")]), "a numpy array of dtype [('a', '<i4')]"),
        (np.zeros(1, [("a", "i4")])[0], "a numpy value of dtype [('a', '<i4')]"),
        (2**14_001, "an integer of 14,002 bits; the limit is 14,000"),
        (itself(), "nested more than 64 deep, or data that contains itself"),
        (nested(65), "nested more than 64 deep"),
        (nested(65, tuple), "nested more than 64 deep"),
        (nested(65, dict), "nested more than 64 deep"),
        (nested(100_000), "nested more than 64 deep"),
        ("\ud800", "lone surrogates"),
        (["a", {"\udfff": 1}], "lone surrogates"),
    ],
)
def test_what_is_no_plain_data_is_named(value, message):
    with pytest.raises(WireError) as caught:
        encode(value)
    assert message in str(caught.value)
    assert encode(1) == b"\x01"  # and the encoder still works


def test_a_coroutine_is_named():
    call = coroutine()
    with pytest.raises(WireError, match="a coroutine"):
        encode(call)
    call.close()


@pytest.mark.parametrize("kind", [list, tuple, dict])
def test_depth_up_to_the_limit(kind):
    value = nested(MAX_DEPTH, kind)
    assert decode(encode(value)) == value


@pytest.mark.parametrize(
    "data",
    [
        b"\x91" * 65 + b"\x01",
        b"\x91" * 500 + b"\x01",
        b"\x91" * 100_000 + b"\x01",
        b"\x81\xa1a" * 65 + b"\x01",
        msgpack.packb(nested(10)) + b"\x01",
    ],
)
def test_bytes_that_nest_or_go_on(data):
    with pytest.raises(WireError):
        decode(data)


def test_nested_extensions_are_bounded():
    data = b"\x01"
    for _ in range(200):
        data = msgpack.packb(msgpack.ExtType(plain.TUPLE, b"\x91" + data))
    with pytest.raises(WireError, match="64 deep"):
        decode(data)


def test_false_claims_of_length_allocate_nothing():
    for head in (
        b"\xdd\x00\x0f\xff\xff",
        b"\xdf\x00\x0f\xff\xff",
        b"\xdc\xff\xff",
        b"\xde\xff\xff",
    ):
        data = head * 1000 + b"\xc0" * (1 << 20)
        start = time.perf_counter()
        with pytest.raises(WireError):
            decode(data)
        assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    "payload",
    [
        bytes([3, 1])
        + (1 << 40).to_bytes(8, "little")
        + b"<U0",  # nothing, a million million times
        bytes([3, 1]) + (3).to_bytes(8, "little") + b"<i4" + bytes(11),
        bytes([2, 0]) + b"|O" + bytes(8),
        bytes([3, 0]) + b"|V8" + bytes(8),
        bytes([6, 0]) + b"i4, i4" + bytes(8),
        bytes([3, 0]) + b"<U1" + (0x110000).to_bytes(4, "little"),
        bytes([3, 0]) + b"<U1" + (0xD800).to_bytes(4, "little"),
        bytes([3, 40]) + bytes(8 * 40) + b"<i4",
        b"",
    ],
)
def test_arrays_that_lie(payload):
    with pytest.raises(WireError):
        decode(msgpack.packb(msgpack.ExtType(plain.ARRAY, payload)))


def test_collisions_on_purpose():
    modulus = sys.hash_info.modulus
    numbers = [1 + n * modulus for n in range(20_000)]
    body = b"".join(encode(number) for number in numbers)
    array = b"\xdd" + len(numbers).to_bytes(4, "big") + body
    mapping = b"\xdf" + len(numbers).to_bytes(4, "big")
    mapping += b"".join(encode(number) + b"\x01" for number in numbers)
    for data in (msgpack.packb(msgpack.ExtType(plain.SET, array)), mapping):
        start = time.perf_counter()
        with pytest.raises(WireError, match="same hash"):
            decode(data)
        assert time.perf_counter() - start < 2


def test_many_honest_keys():
    value = {n: {float(n), (n, -n), str(n)} for n in range(20_000)}
    assert decode(encode(value)) == value
    grid = {(x, y): 0 for x in range(-200, 200) for y in range(-200, 200)}
    assert decode(encode(grid)) == grid
    powers = {2**n for n in range(2_000)}
    assert decode(encode(powers)) == powers


def test_keys_that_cannot_be_keys():
    with pytest.raises(WireError):
        decode(b"\x81\x90\x01")  # {[]: 1}
    array = encode(np.zeros(2))
    with pytest.raises(WireError):
        decode(b"\x81" + array + b"\x01")


def test_the_size_limit():
    assert decode(encode("a" * 97), 99) == "a" * 97
    with pytest.raises(WireError, match="100 bytes are more than the limit of 99"):
        decode(encode("a" * 98), 99)


def test_a_long_integer_is_refused_without_being_read():
    with pytest.raises(WireError, match="too long"):
        decode(msgpack.packb(msgpack.ExtType(plain.INT, bytes(2_000))))
    assert len(str(decode(encode(2**13_999)))) == 4_215


def test_decoded_arrays_are_their_own():
    first = decode(encode(np.zeros(3)))
    first[0] = 1
    assert decode(encode(np.zeros(3)))[0] == 0
    assert first.flags.owndata or first.base is not None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats() | st.binary() | st.lists(st.integers() | st.text()), min_size=1))
def test_round_trip_of_what_is_scanned_for_claims(value):
    assert same(decode(encode(value * 2_000)), value * 2_000)
