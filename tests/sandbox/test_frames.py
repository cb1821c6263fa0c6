from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import SandboxError
from langprop.sandbox.frames import HEADER, LINKED, Frame, FrameReader, FrameWriter
from langprop.sandbox.limits import Limits
from langprop.sandbox.text import clean
from langprop.sandbox.wire import encode

frames = st.builds(
    Frame,
    st.integers(0, 2**32 - 1),
    st.sampled_from(["ok", "exception", "timeout", "memory", "crash", "bad_output"]),
    st.floats(0, 10),
    st.binary(max_size=50),
    st.binary(max_size=50),
    st.binary(max_size=20),
    arena=st.none(),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(frames, max_size=5), st.lists(st.integers(1, 40), min_size=1))
def test_frames_arrive_as_they_were_however_they_are_cut(sent, cuts):
    source, sink = os.pipe()
    writer = FrameWriter(sink, patience=60)
    for frame in sent:
        writer.write(*frame[:5], calls=frame.calls)
    writer.flush()
    os.close(sink)
    reader, received, turn = FrameReader(Limits()), [], 0
    while data := os.read(source, cuts[turn % len(cuts)]):
        received += reader.feed(data)
        turn += 1
    os.close(source)
    assert received == sent


@pytest.mark.parametrize(
    "head",
    [
        HEADER.pack(1 << 30, 0, 0, 0.0, 0),
        HEADER.pack(0, 0, 0, 0.0, 1 << 30),
        HEADER.pack(0, 0, 99, 0.0, 0),
        b"\xff" * HEADER.size,
        HEADER.pack(1 << 30, 0, LINKED, 0.0, 0),
        HEADER.pack(0, 0, LINKED + 99, 0.0, 0),
        HEADER.pack(3, 0, LINKED, 0.0, 0) + b"abc",
        HEADER.pack(8, 0, LINKED, 0.0, 0) + bytes(8),
        HEADER.pack(8, 0, LINKED, 0.0, 0) + b"\5\0\0\0abcd",
        HEADER.pack(8, 0, LINKED, 0.0, 0) + b"\xff" * 8,
    ],
)
def test_garbage_is_noticed_at_once(head):
    with pytest.raises(SandboxError, match="garbage"):
        FrameReader(Limits()).feed(head)


def test_a_large_answer_is_refused_beside_calls_too():
    limits = Limits(output=10_000)
    for size in (10_000, 10_001):
        payload = b"\4\0\0\0abcd" + bytes(size)
        frame = HEADER.pack(len(payload), 0, LINKED, 0.0, 0) + payload
        if size == limits.output:
            assert len(FrameReader(limits).feed(frame)[0].payload) == size
            continue
        with pytest.raises(SandboxError, match="garbage"):
            FrameReader(limits).feed(frame)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_frames_or_an_error(data):
    try:
        received = FrameReader(Limits()).feed(data)
    except SandboxError:
        return
    for frame in received:
        outcome = frame.outcome(Limits())
        assert outcome.status == "ok" or outcome.exception or not frame.payload
        outcome.printed.encode()
        outcome.exception.encode()


def test_an_outcome():
    frame = Frame(0, "ok", 0.5, b"hi\n", encode((1, 2)))
    outcome = frame.outcome(Limits())
    assert (outcome.status, outcome.output, outcome.printed, outcome.seconds) == (
        "ok",
        (1, 2),
        "hi\n",
        0.5,
    )


def test_an_answer_that_cannot_be_read_is_a_bad_output():
    outcome = Frame(0, "ok", float("nan"), b"", b"\xc1").outcome(Limits())
    assert outcome.status == "bad_output"
    assert outcome.seconds == 0
    assert "can't be read" in outcome.exception
    assert (
        Frame(0, "ok", 0.0, b"", encode("a" * 99)).outcome(Limits(output=50)).status == "bad_output"
    )


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"a\tb\nc\r\x00\x07\x7f", "a\tb\nc"),
        ("\x1b[31;1mred\x1b[0m", "red"),
        ("\u202eabc\u2066\ufeff", "abc"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ("\ud800", "?"),
        ("é" * 100, "é" * 20),
    ],
)
def test_clean(raw, text):
    assert clean(raw, 20) == text
