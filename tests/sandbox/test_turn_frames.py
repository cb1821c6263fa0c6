"""The answers of a session's turn share a frame where they can, and nothing else may claim to."""

from __future__ import annotations

import math
import os
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import SandboxError
from langprop.sandbox.answers import Answers
from langprop.sandbox.frames import (
    HEADER,
    TURN,
    Frame,
    FrameReader,
    FrameWriter,
    answers,
    apart,
    outcomes,
)
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Outcome
from langprop.sandbox.wire import MAX_DEPTH, encode

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = LEAVES | st.lists(LEAVES, max_size=4) | st.tuples(LEAVES, st.binary(max_size=9))
VALUES |= st.dictionaries(st.text(max_size=4) | st.integers(), LEAVES, max_size=4)


def written(write, patience=60.0):
    """The frames of what a function writes."""
    source, sink = os.pipe()
    try:
        write(FrameWriter(sink, patience))
        return FrameReader(Limits()).feed(os.read(source, 1 << 20))
    finally:
        os.close(source)
        os.close(sink)


def turn(*results, patience=60.0):
    def write(writer):
        writer.begin_turn()
        for number, (status, printed, payload, calls) in enumerate(results):
            writer.write(number, status, 0.5, printed, payload, calls=calls)
        writer.end_turn()

    return written(write, patience)


def plain(value):
    return "ok", b"", encode(value), b""


def nested(depth):
    return [nested(depth - 1)] if depth else 1


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=20))
def test_a_turn_gives_what_single_frames_give(values):
    expected = [Outcome("ok", value, seconds=0.5) for value in values]
    frames = turn(*map(plain, values))
    if frames[0].number == TURN:
        assert len(frames) == 1
        found = answers(frames[0], len(values), Limits())
        frames = apart(frames[0], len(values))
        if found is not None:
            assert list(found) == expected
    assert [frame.number for frame in frames] == list(range(len(values)))
    assert list(outcomes(frames, Limits())) == expected


@pytest.mark.parametrize(
    "other",
    [
        ("exception", b"", b"ValueError", b""),
        ("ok", b"said", encode(1), b""),
        ("ok", b"", encode(1), b"calls"),
        ("ok", b"", encode("x" * 3_000), b""),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_turn_with_anything_else_in_it_comes_in_single_frames(other, place):
    results = [plain(7), plain(8)]
    results.insert(place, other)
    frames = turn(*results)
    assert [frame.number for frame in frames] == [0, 1, 2]
    assert [(f.status, f.printed, f.payload, f.calls) for f in frames] == results


def test_who_has_waited_long_enough_gets_single_frames():
    assert [frame.number for frame in turn(plain(1), plain(2), patience=0.0)] == [0, 1]


def test_turns_follow_each_other():
    def write(writer):
        for number in range(3):
            writer.begin_turn()
            for value in range(number):  # the first has no calls
                writer.write(value, "ok", 0.0, b"", encode(value))
            writer.end_turn()
        writer.write(0, "ok", 0.0, b"", encode(9))  # as for a batch
        writer.flush()

    assert [frame.number for frame in written(write)] == [TURN, TURN, 0]


def test_one_that_can_not_be_read_costs_no_other():
    deep, odd = nested(MAX_DEPTH), b"\xc7\x00\x63"  # an extension type that nobody knows
    frame = turn(plain(1), plain(deep), ("ok", b"", odd, b""), plain(2))[0]
    assert answers(frame, 4, Limits()) is None
    found = outcomes(apart(frame, 4), Limits())
    assert [each.status for each in found] == ["ok", "ok", "bad_output", "ok"]
    assert found[1].output == deep


def test_the_limit_of_an_answer_holds_for_each():
    frame = turn(plain("x" * 60), plain("y" * 60), plain("z" * 200))[0]
    limits = Limits(output=100)
    assert answers(frame, 3, limits) is None
    assert [each.status for each in outcomes(apart(frame, 3), limits)] == ["ok", "ok", "bad_output"]


SECONDS = struct.pack("<2d", 0.0, 0.0)


@pytest.mark.parametrize(
    "frame",
    [
        Frame(TURN, "ok", 0.0, b"", b""),
        Frame(TURN, "ok", 0.0, b"", SECONDS),
        Frame(TURN, "ok", 0.0, b"", SECONDS + b"\1"),
        Frame(TURN, "ok", 0.0, b"", SECONDS + bytes(3_000)),
        Frame(TURN, "ok", 0.0, b"said", SECONDS + b"\1\2"),
        Frame(TURN, "ok", 0.0, b"", SECONDS + b"\1\2", b"calls"),
        Frame(TURN, "exception", 0.0, b"", SECONDS + b"\1\2"),
    ],
)
def test_what_is_no_turn(frame):
    with pytest.raises(SandboxError, match="garbage"):
        answers(frame, 2, Limits())


@pytest.mark.parametrize(
    "values", [b"\1\2\3", b"\1\xc1", b"\xdd\xff\xff\xff\xff\1", b"\x91" * 1_990 + b"\1", b"\x92\1"]
)
def test_a_wrong_number_of_answers_is_garbage(values):
    frame = Frame(TURN, "ok", 0.0, b"", SECONDS + values)
    assert answers(frame, 2, Limits()) is None
    with pytest.raises(SandboxError, match="garbage"):
        apart(frame, 2)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 9), st.binary(max_size=120))
def test_any_bytes_are_answers_or_garbage(count, payload):
    data = HEADER.pack(len(payload), TURN, 0, 0.0, 0) + payload
    (frame,) = FrameReader(Limits()).feed(data)
    try:
        found = answers(frame, count, Limits())
        if found is None:
            found = outcomes(apart(frame, count), Limits())
    except SandboxError:
        return
    assert len(found) == count
    assert all(0 <= each.seconds < 1e9 for each in found)
    assert {each.status for each in found} <= {"ok", "bad_output"}


def test_durations_that_make_no_sense_count_as_none():
    times = (math.nan, -1.0, math.inf, 0.25)
    frame = Frame(TURN, "ok", 0.0, b"", struct.pack("<4d", *times) + b"\0\1\2\3")
    found = answers(frame, 4, Limits())
    assert found.seconds == [0.0, 0.0, 0.0, 0.25]


def test_answers_are_a_sequence_of_outcomes():
    found = Answers([1, "two", 3.0], [0.1, 0.2, 0.3])
    assert len(found) == 3
    assert found[-1] == Outcome("ok", 3.0, seconds=0.3)
    assert found[:2] == [Outcome("ok", 1, seconds=0.1), Outcome("ok", "two", seconds=0.2)]
    assert [each.output for each in found] == [1, "two", 3.0]
    assert "output='two'" in repr(found)
    with pytest.raises(IndexError):
        found[3]
