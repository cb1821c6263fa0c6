"""Abbreviated values: bounded, readable, and never an exception."""

import collections
import dataclasses
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.prompts.abbreviate import abbreviate, assignments, shorten
from langprop.prompts.fence import fenced, sendable


@dataclasses.dataclass
class Puzzle:
    board: list
    width: int
    secret: int = dataclasses.field(default=1, repr=False)


Point = collections.namedtuple("Point", "x y")


class Odd:
    def __repr__(self):
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        5,
        -1.5,
        float("nan"),
        2j,
        "it's",
        b"\x00",
        [],
        (),
        (1,),
        {},
        {1: [2, {"a": (3,)}]},
    ],
)
def test_what_fits_is_shown_as_python_writes_it(value):
    assert abbreviate(value) == repr(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({3, 1, 2}, "{1, 2, 3}"),
        (set(), "set()"),
        (frozenset({1}), "frozenset({1})"),
        (Point(1, 2), "Point(x=1, y=2)"),
        (Puzzle([[1]], 2), "Puzzle(board=[[1]], width=2)"),
        (collections.OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (np.arange(3, dtype=np.int64), "array([0, 1, 2], dtype=int64)"),
        (np.zeros((1, 2)), "array([[0.0, 0.0]], shape=(1, 2), dtype=float64)"),
        (np.float32(0.5), "np.float32(0.5)"),
        (np.array(7, dtype=np.uint8), "array(7, shape=(), dtype=uint8)"),
        (Odd(), "<Odd whose repr raises RuntimeError>"),
        ([object()], "[<object object>]"),
        ([10**5000], "[<int with about 5,000 digits>]"),
        (list(range(9)) * 2, str(list(range(9)) * 2)),
    ],
)
def test_other_values(value, text):
    assert abbreviate(value) == text


def test_a_long_list_keeps_head_and_tail():
    assert (
        abbreviate(list(range(1_000_000)), 60)
        == "[0, 1, 2, … 999,994 more …, 999997, 999998, 999999]"
    )


def test_a_board_is_shown_in_rows():
    assert abbreviate([[0] * 9 for _ in range(9)], 400) == (
        "[\n" + "    [0, 0, 0, 0, 0, 0, 0, 0, 0],\n" * 9 + "]"
    )


def test_a_large_array_says_shape_and_dtype():
    assert abbreviate(np.arange(10_000).reshape(100, 100) / 7, 320) == (
        "array([\n"
        "    [0, 0.1429, … 96 more …, 14, 14.14],\n"
        "    [14.29, 14.43, … 96 more …, 28.29, 28.43],\n"
        "    … 96 more …,\n"
        "    [1400, 1400, … 96 more …, 1414, 1414],\n"
        "    [1414, 1414, … 96 more …, 1428, 1428],\n"
        "], shape=(100, 100), dtype=float64)"
    )


def test_a_long_text_keeps_head_and_tail():
    assert (
        abbreviate("a" * 500 + "b" * 500, 60) == f"'{'a' * 22}'…[968 more characters]…'{'b' * 10}'"
    )


def test_cycles_and_depth_end():
    cycle = [1]
    cycle.append(cycle)
    assert abbreviate(cycle) == "[1, <the same object again>]"
    deep = []
    for _ in range(10_000):
        deep = [deep]
    assert "[… 1 items]" in abbreviate(deep)


def test_hostile_containers_do_not_raise():
    class Broken(dict):
        def items(self):
            raise RuntimeError("no")

    class Endless(list):
        def __len__(self):
            return sys.maxsize

        def __iter__(self):
            while True:
                yield 1

    assert abbreviate(Broken(a=1)) == "<Broken>"
    assert len(abbreviate(Endless(), 100)) < 200


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=30)
        | st.dictionaries(st.text(max_size=20), inner, max_size=20)
        | st.tuples(inner, inner)
    ),
    max_leaves=60,
)


@settings(max_examples=150, deadline=None)
@given(_values, st.integers(20, 500))
def test_the_budget_holds(value, budget):
    text = abbreviate(value, budget)
    assert len(text) <= budget + 45  # the note in a value that can't be shown at all
    if len(repr(value)) <= budget // 2:
        assert "more" not in text or "more" in repr(value)


def actors(count):
    return [{"id": n, "speed": 2.0 * n, "box": [1, 2, 3, 4]} for n in range(count)]


def test_what_is_in_focus_is_shown():
    assert abbreviate(actors(50), 200, focus=[(17, "speed"), (23,)]) == (
        "[\n"
        "    {'id': 0, … 2 more …},\n"
        "    … 16 more …,\n"
        "    {'id': 17, 'speed': 34.0, … 1 more …},\n"
        "    … 5 more …,\n"
        "    {'id': 23, 'speed': 46.0, 'box': [… 4 items]},\n"
        "    … 26 more …,\n"
        "]"
    )
    scene = {"vehicles": dict(enumerate(actors(50))), "path": [1] * 50}
    assert "'speed': 62.0" in abbreviate(scene, 120, focus=[("vehicles", 31, "speed")])
    assert ", 7.5, " in abbreviate(
        np.where(np.eye(99) > 2, 1, 0) + 7.5 * (np.arange(99) == 50), 160, focus=[(50, 50)]
    )
    assert "y=77" in abbreviate([Point(n, n) for n in range(99)], 60, focus=[(77, "y")])
    assert "width=41" in abbreviate([Puzzle([], n) for n in range(99)], 80, focus=[(41, "width")])


@pytest.mark.parametrize(
    "focus",
    [
        [("x",)],
        [(99,)],
        [(-1,)],
        [(0, 0, 0, 0)],
        [()],
        [("id",) * 300],
        [(float("nan"),)],
        [(n,) for n in range(10_000)],
    ],
)
def test_a_focus_that_is_not_there_does_no_harm(focus):
    assert len(abbreviate(actors(50), 100, focus=focus)) <= 145
    assert abbreviate(actors(1), 100, focus=focus) == str(actors(1))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.integers(0, 99), max_size=40), max_size=40), st.data())
def test_the_budget_holds_with_a_focus(value, data):
    paths = data.draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12))
    assert len(abbreviate(value, 150, paths)) <= 195


def test_named_values():
    assert assignments({"a": 1, "b": [2]}) == "a = 1\nb = [2]"
    assert assignments({"a": 1, "b": [2]}, 100, ", ") == "a = 1, b = [2]"
    assert assignments({}) == ""


def test_short_values_leave_their_share_to_long_ones():
    text = assignments({"a": 1, "b": list(range(60)), "c": None}, 300)
    assert text.splitlines()[0] == "a = 1"
    assert "58, 59" in text
    assert "more" not in text


def test_too_many_named_values():
    values = {f"name_{n}": "x" * 100 for n in range(1_000)}
    text = assignments(values, 400, focus=[("name_777",)])
    assert len(text) < 1_000
    assert "name_0 = " in text
    assert "name_777 = " in text
    assert text.endswith("… 990 more …")
    assert len(assignments({"n" * 10_000: 1}, 100)) < 150


def test_shorten():
    assert shorten("abc", 10) == "abc"
    assert shorten("a" * 90 + "b" * 10, 15) == "a" * 10 + "…[85 more characters]…" + "b" * 5


@given(st.text(alphabet="`~a \n", max_size=40))
def test_no_text_breaks_out_of_its_fence(text):
    lines = fenced(text, "text").split("\n")
    fence = lines[-1]
    assert lines[0] == fence + "text"
    assert set(fence) == {"`"}
    assert not any(line.strip().startswith(fence) for line in lines[1:-1])


def test_sendable():
    assert sendable("a\ud800b\x00é🎉") == "a?b?é🎉"
