"""The replay buffer: what it keeps, what it draws, and that it goes on as it was."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.driving.frames.replay import ReplayBuffer
from langprop.errors import CheckpointError

ITEMS = st.lists(st.tuples(st.integers(0, 50), st.floats(1e-3, 1e3, allow_nan=False)), max_size=80)


def filled(capacity, items):
    buffer = ReplayBuffer(capacity)
    for number, weight in items:
        buffer.add(number, weight)
    return buffer


@given(st.integers(1, 30), ITEMS)
@settings(max_examples=60, deadline=None)
def test_it_keeps_the_newest_up_to_its_capacity(capacity, items):
    buffer = filled(capacity, items)
    newest = list(dict.fromkeys(number for number, _ in reversed(items)))[:capacity]
    assert buffer.numbers == newest[::-1]
    for number in buffer.numbers:
        assert buffer.weight(number) == [w for n, w in items if n == number][-1]


@given(st.integers(1, 30), ITEMS, st.integers(0, 40), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_what_it_draws_is_there_and_is_drawn_once(capacity, items, count, seed):
    buffer = filled(capacity, items)
    drawn = buffer.sample(count, np.random.default_rng(seed))
    assert len(drawn) == min(count, len(buffer))
    assert len(set(drawn)) == len(drawn)
    assert all(number in buffer for number in drawn)


@given(st.integers(1, 30), ITEMS, st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_a_restored_buffer_draws_the_same(capacity, items, seed):
    buffer, other = filled(capacity, items), ReplayBuffer(capacity)
    other.add(99, 5.0)
    other.load_state_dict(json.loads(json.dumps(buffer.state_dict())))
    assert other.state_dict() == buffer.state_dict()
    one, two = np.random.default_rng(seed), np.random.default_rng(seed)
    for count in (1, 3, 7):
        assert buffer.sample(count, one) == other.sample(count, two)
        buffer.add(200 + count, 2.0)
        other.add(200 + count, 2.0)
    assert buffer.numbers == other.numbers


def test_a_hundred_times_the_weight_is_drawn_first_a_hundred_times_as_often():
    buffer = filled(100, [(number, 100.0 if number == 0 else 1.0) for number in range(51)])
    rng = np.random.default_rng(0)
    first = sum(buffer.sample(1, rng) == [0] for _ in range(3000))
    assert first == pytest.approx(3000 * 100 / 150, rel=0.06)


def test_the_second_draw_is_by_the_shares_of_the_rest():
    buffer = filled(10, [(0, 3.0), (1, 2.0), (2, 1.0)])
    rng = np.random.default_rng(1)
    pairs = [tuple(buffer.sample(2, rng)) for _ in range(6000)]
    expected = {(0, 1): 3 / 6 * 2 / 3, (1, 0): 2 / 6 * 3 / 4, (2, 0): 1 / 6 * 3 / 5}
    for pair, share in expected.items():
        assert pairs.count(pair) / len(pairs) == pytest.approx(share, abs=0.02)


@given(ITEMS, st.integers(1, 40), st.integers(0, 10), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_of_heavy_ones_no_more_are_drawn_than_wanted(items, count, heavy, seed):
    buffer = filled(100, items)
    drawn = buffer.sample(count, np.random.default_rng(seed), heavy=heavy)
    light = [number for number in buffer.numbers if buffer.weight(number) == 1]
    there = min(heavy, len(buffer) - len(light))
    assert sum(buffer.weight(number) != 1 for number in drawn) <= heavy
    assert len(drawn) == min(count, len(light) + there)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_weight_is_refused(weight):
    with pytest.raises(ValueError, match="positive and finite"):
        ReplayBuffer().add(1, weight)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"numbers": [1], "weights": []},
        {"numbers": [1, 1], "weights": [1.0, 2.0]},
        {"numbers": [1], "weights": [0.0]},
        {"numbers": ["x"], "weights": [1.0]},
        {"numbers": None, "weights": None},
    ],
)
def test_a_damaged_state_is_refused(state):
    buffer = ReplayBuffer()
    buffer.add(7)
    with pytest.raises(CheckpointError, match="can't be restored"):
        buffer.load_state_dict(state)
    assert buffer.numbers == [7]


def test_a_buffer_without_room_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        ReplayBuffer(0)
