"""Results that are decoded together are what they are when decoded one by one."""

from __future__ import annotations

import math
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import WireError
from langprop.sandbox.frames import Frame, FrameReader, FrameWriter, outcomes
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Outcome
from langprop.sandbox.wire import MAX_DEPTH, decode_many, encode

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = st.tuples(
    st.integers(0, 99),
    st.sampled_from(["ok", "ok", "ok", "exception", "timeout"]),
    st.floats(),
    st.sampled_from([b"", b"", b"said"]),
    VALUES.map(encode) | st.binary(max_size=20),
)
FRAMES = FIELDS.map(lambda fields: Frame(*fields))


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@settings(max_examples=100)
@given(st.lists(FRAMES, max_size=12))
def test_together_is_one_by_one(frames):
    # What ends in the middle of a value may swallow its neighbours; no honest process writes it.
    honest = [frame for frame in frames if is_whole(frame.payload)]
    assert repr(outcomes(honest, Limits())) == repr([f.outcome(Limits()) for f in honest])


def is_whole(payload: bytes) -> bool:
    try:
        return len(decode_many([payload])) == 1
    except WireError:
        return False


def test_one_that_cannot_be_read_costs_no_other():
    frames = [Frame(n, "ok", 0.0, b"", encode(n)) for n in range(50)]
    frames[20] = Frame(20, "ok", 0.0, b"", b"\xc1")
    results = outcomes(frames, Limits())
    assert [r.status for r in results] == ["ok"] * 20 + ["bad_output"] + ["ok"] * 29
    assert [r.output for r in results if r.status == "ok"] == [n for n in range(50) if n != 20]


@pytest.mark.parametrize("payload", [b"", encode(1) + encode(2)])
def test_a_wrong_number_of_values_is_found(payload):
    frames = [Frame(0, "ok", 0.0, b"", payload), Frame(1, "ok", 0.0, b"", encode(5))]
    assert [r.status for r in outcomes(frames, Limits())] == ["bad_output", "ok"]


def test_the_greatest_depth_and_the_largest_output():
    deep = Frame(0, "ok", 0.0, b"", encode(nested(MAX_DEPTH)))
    large = Frame(1, "ok", 0.0, b"", encode("x" * 300))
    first, second = outcomes([deep, large], Limits(output=100))
    assert first.output == nested(MAX_DEPTH)
    assert second.status == "bad_output"


def test_an_outcome_is_like_any_other():
    (outcome,) = outcomes([Frame(0, "ok", math.inf, b"", encode(0.5))], Limits())
    assert outcome == Outcome("ok", 0.5)
    assert asdict(outcome) == asdict(Outcome("ok", 0.5))
    assert vars(outcome) == vars(Outcome("ok", 0.5))
    assert hash(outcome) == hash(Outcome("ok", 0.5))


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=20), st.integers(1, 64))
def test_frames_are_found_however_the_bytes_come(payloads, size):
    written: list[bytes] = []

    class Writer(FrameWriter):
        def flush(self) -> None:
            written.extend(self._parts)
            self._parts = []

    writer = Writer(-1, 0.0)
    for number, payload in enumerate(payloads):
        writer.write(number, "ok", 0.0, b"p" * (number % 3), payload)
    writer.flush()
    data = b"".join(written)
    reader = FrameReader(Limits())
    frames = []
    for place in range(0, len(data), size):
        frames += reader.feed(data[place : place + size])
    assert not reader.unfinished
    assert [(f.number, f.printed, f.payload) for f in frames] == [
        (number, b"p" * (number % 3), payload) for number, payload in enumerate(payloads)
    ]
