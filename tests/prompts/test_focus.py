"""Which places of the inputs an exception is about."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.prompts.abbreviate import assignments
from langprop.prompts.focus import find_focus


def scene():
    vehicles = {n: {"id": n, "speed": 2.0 * n, "place": [1.0, 2.0]} for n in range(30)}
    return {"vehicles": vehicles, "ego": {"speed": 1.0}, "light": None, "lanes": [[1]] * 9 + [[]]}


KEY = (
    "line 3, in f\n"
    '    return sum(v["speed"] for v in scene["vehicles"].values())\n'
    "KeyError: 'speed'"
)


def test_the_entry_that_lacks_the_key_comes_first():
    inputs = {"scene": scene(), "k": 2}
    del inputs["scene"]["vehicles"][13]["speed"]
    focus = find_focus(KEY, inputs)
    assert focus[0] == ("scene", "vehicles", 13)
    text = assignments(inputs, 400, focus=focus)
    assert "13: {'id': 13, 'place': [… 2 items]}," in text
    assert len(text) <= 450


@pytest.mark.parametrize(
    ("exception", "place"),
    [
        ("TypeError: unsupported operand type(s) for +: 'int' and 'NoneType'", ("scene", "light")),
        ("IndexError: list index out of range", ("scene", "lanes", 9)),
        ("ValueError: max() arg is an empty sequence", ("scene", "lanes", 9)),
        ("ValueError: could not convert string to float: 'abc'", ("rows", 70)),
        ("KeyError: 'abc'", ("rows", 70)),
        ("KeyError: 404", ("codes", 50)),
        ("ValueError: cannot convert float NaN to integer", ("x",)),
        ("TypeError: g() argument 3 must be str, not int", ("codes",)),
        ("    a = scene['ego']\nZeroDivisionError: division by zero", ("scene", "ego")),
    ],
)
def test_what_a_message_is_about(exception, place):
    inputs = {
        "scene": scene(),
        "rows": ["1"] * 70 + ["abc"],
        "codes": [1] * 50 + [404],
        "x": float("nan"),
    }
    assert place in find_focus(exception, inputs)


@pytest.mark.parametrize("exception", ["", "RuntimeError", "boom", "KeyError:", "KeyError: ''"])
def test_a_message_that_says_nothing(exception):
    assert find_focus(exception, {"x": [1, 2], "y": np.zeros(3)}) == []


def test_inputs_that_can_not_be_searched():
    class Odd(dict):
        def values(self):
            raise RuntimeError("no")

    cycle = {}
    cycle["a"] = cycle
    assert find_focus("KeyError: 'a'", {"x": Odd(a=1)}) == [("x", "a")]
    assert len(find_focus("KeyError: 'a'", {"x": cycle})) == 5
    assert find_focus("TypeError: 'NoneType'", {"x": [[0] * 100] * 10_000}) == []


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="'\"\\\n [](){}KeyError:0123456789 a", max_size=300))
def test_no_message_does_harm(exception):
    for path in find_focus(exception, {"a": {"a": {"": 1}}, "b": [0, 1]}):
        assert path[0] in ("a", "b")
