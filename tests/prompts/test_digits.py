"""Floats in prompts: the digits that a reader needs, and all of them where two would look alike."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langprop.cli.main import main
from langprop.prompts.abbreviate import abbreviate, assignments
from langprop.prompts.difference import difference
from langprop.prompts.digits import SHORT, rounded


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (-2 / 3, "-0.666667"),
        (12345 / 7, "1763.57"),
        (5428765.123456, "5428765.12"),  # metres on a map: two decimals
        (1700000123.4567891, "1700000123.46"),  # seconds of a date
        (1e20 / 3, "3.33333e+19"),
        (1e-9 / 3, "3.33333e-10"),
        (-122.419416, "-122.419416"),  # chosen by somebody: kept
        (1234567.0, "1234567.0"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (-0.0, "-0.0"),
        (5e-324, "5e-324"),
        (2**70, "1180591620717411303424"),
        (True, "True"),
        ("0.30000000000000004", "'0.30000000000000004'"),
        (np.float64(0.1) * 3, "np.float64(0.3)"),
        (np.float32(0.1), "np.float32(0.1)"),
        (np.array([0.1, 0.2], dtype=np.float32), "array([0.1, 0.2], dtype=float32)"),
        (np.arange(2) / 3, "array([0.0, 0.333333], dtype=float64)"),
        ({0.1 + 0.2, 0.3}, "{0.3, 0.30000000000000004}"),
        ({(0.1 + 0.2,): 2 / 3, (0.3,): 1}, "{(0.30000000000000004,): 0.666667, (0.3,): 1}"),
    ],
)
def test_values_in_others(value, text):
    assert abbreviate([value]) == f"[{text}]"
    assert assignments({"x": value}) == f"x = {text}"


@given(st.floats())
def test_what_is_shown_is_near(value):
    short = rounded(value)
    if math.isfinite(value):
        assert math.isclose(short, value, rel_tol=5.1e-6)
        assert len(repr(short)) <= max(SHORT, 20)
        assert math.copysign(1, short) == math.copysign(1, value)
        assert len(repr(short)) <= len(repr(value))
    else:
        assert repr(short) == repr(value)


@given(st.floats(-1e15, 1e15), st.floats(-1e15, 1e15))
def test_answers_that_differ_look_different(a, b):
    def look_alike(one, other):
        return abbreviate(one) == abbreviate(other) and not difference(one, other)

    assert look_alike(a, b) == (repr(a) == repr(b))
    if a != b:
        assert not look_alike([a], [b])
        assert not look_alike({"x": (a,)}, {"x": (b,)})
        assert not look_alike({a}, {b})
        assert not look_alike({a: 1}, {b: 1})
        assert not look_alike(np.array([a]), np.array([b]))


def test_whoever_needs_all_digits_asks_for_them():
    assert abbreviate([0.1 + 0.2], exact=True) == "[0.30000000000000004]"
    assert abbreviate(0.1 + 0.2) == "0.30000000000000004"


def test_a_prompt_shows_few_digits_but_why_an_answer_is_wrong(tmp_path, capsys):
    (tmp_path / "task.py").write_text(
        "import langprop as lp\n\n"
        "@lp.module(score=lp.exact_match)\n"
        "def shift(place: list[float], step: float) -> list[float]:\n"
        "    '''Move each coordinate by 0.30000000000000004.'''\n"
        "    return [each + 0.30000000000000004 * (each > 0) for each in place]\n\n"
        "train = [(([0.0, 1 / 3], 2 / 3), [0.30000000000000004 - 1e-12, 1 / 3 + 0.1 + 0.2])]\n"
    )
    assert (
        main(["prompt", f"{tmp_path}/task.py:shift", "--train", f"{tmp_path}/task.py:train"]) == 0
    )
    shown = capsys.readouterr().out
    assert "place = [0.0, 0.333333]\nstep = 0.666667\n" in shown
    assert "[0.3, 0.633333]" in shown
    assert "[0]: 0.0 instead of 0.29999999999" in shown
    assert shown.count("each + 0.30000000000000004 * (each > 0)") == 1  # code is code
