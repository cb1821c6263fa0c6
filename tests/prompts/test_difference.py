"""Where an answer and its label differ: told in words, and never an exception."""

import dataclasses
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.modules.score import exact_match
from langprop.prompts.difference import compare, difference


@pytest.mark.parametrize(
    ("output", "label", "text"),
    [
        (
            [1, 2, 3, {"speed": 4.0}],
            [1, 2, 3, {"speed": 4.5}],
            "1 of 4 entries differs: [3]['speed']: 4.0 instead of 4.5",
        ),
        ([1, 2], [1, 3, 4], "2 of 3 entries differ: length 2 instead of 3; [1]: 2 instead of 3"),
        ((1, 2), [1, 2], "1 of 3 entries differs: a tuple instead of a list"),
        ([[1]], [[2]], "[0][0]: 1 instead of 2"),
        (
            {"a": 1, "c": 2},
            {"a": 1, "b": 2},
            "2 of 3 entries differ: the key 'b' is missing; ['c']: this key should not be there",
        ),
        ({1, 2}, {2, 3}, "2 of 3 entries differ: 3 is missing; 1 should not be there"),
        (np.zeros((2, 2)), [[0, 0], [0, 1]], "1 of 4 entries differs: [1][1]: 0.0 instead of 1"),
        ([1.0], np.zeros((2, 2)), "shape (1,) instead of (2, 2)"),
        (
            {"x": np.zeros(2)},
            {"x": None},
            "['x']: array([0.0, 0.0], dtype=float64) instead of None",
        ),
        ({"x": np.zeros(2)}, {"x": 0}, "['x']: shape (2,) instead of ()"),
        (
            "x" * 50,
            "x" * 30 + "\ny" * 11,
            "at character 31, in line 1, there is 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' instead of "
            "'xxxxxxxxxx\\ny\\ny\\ny\\ny\\ny\\ny\\ny\\ny\\ny\\ny\\ny' (lengths 50 and 52)",
        ),
        (
            [0] * 10,
            list(range(10)),
            "9 of 10 entries differ: [1]: 0 instead of 1; [2]: 0 instead of 2; [3]: 0 instead of 3;"
            " [4]: 0 instead of 4; [5]: 0 instead of 5; [6]: 0 instead of 6; [7]: 0 instead of 7;"
            " [8]: 0 instead of 8; 1 more; the largest difference is 9, at [9]",
        ),
    ],
)
def test_differences(output, label, text):
    assert difference(output, label) == text


@pytest.mark.parametrize(
    ("output", "label"),
    [
        (3, 4),
        (None, [1]),
        ("a", "b"),
        ([1], {"a": 1}),
        ([1], [1.0]),
        ([float("nan")], [float("nan")]),
        (np.array([np.nan]), np.array([np.nan])),
        ({}, {}),
    ],
)
def test_what_is_seen_at_a_glance_or_equal_is_not_told(output, label):
    assert difference(output, label) == ""


def test_hostile_and_huge_values():
    class Odd(list):
        def __len__(self):
            raise RuntimeError("no")

    @dataclasses.dataclass
    class Label:
        board: list

    cycle = [1]
    cycle.append(cycle)
    deep = []
    for _ in range(5_000):
        deep = [deep]
    assert difference(Odd(), [1]) == ""
    assert difference([1], Label([2])) == ""
    assert difference(cycle, list(cycle)) == ""
    assert difference(deep, [deep]) == ""
    assert difference([10**400], [1.5]).startswith("[0]: 1000")
    assert difference([sys.maxsize] * 10**6, [0] * 10**6).startswith(
        "at least 5,000 of the first 5,000 entries differ: [0]: 9223372036854775807 instead of 0;"
    )
    assert len(difference(["x" * 10**6], ["y" * 10**6], 300)) < 400
    assert difference(np.zeros(3 * 10**6), np.ones(3 * 10**6)).startswith("at least 2,000,000 of")
    assert difference(np.array([{}, 1], dtype=object), [{}, 2]).endswith("[1]: 1 instead of 2")


_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(_plain, _plain)
def test_something_differs_exactly_if_the_two_are_not_equal(output, label):
    for one, other in ((output, label), (label, label)):
        found = compare(one, other)
        if found is not None:
            assert (found.count == 0) == bool(exact_match(one, other))
            assert found.count <= found.entries


def test_all_of_an_array_is_all_of_it():
    array = np.zeros((60, 100))
    assert difference(array + 1, array).startswith("all 6,000 entries differ: ")
    assert difference([array + 1, 0], [array, 0]).startswith("at least 6,000 of the first 6,000 ")
