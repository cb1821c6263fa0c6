"""Student's t intervals of few values."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.trainer.intervals import mean_interval, t_quantile

numbers = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("freedom", "expected"),
    # Student's table, two-sided 95 %.
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (30, 2.042), (1000, 1.962)],
)
def test_quantiles_are_those_of_the_table(freedom, expected):
    assert t_quantile(0.95, freedom) == pytest.approx(expected, abs=5e-4)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 0.995), st.integers(1, 60))
def test_the_density_within_the_quantile_is_the_level(level, freedom):
    end = t_quantile(level, freedom)
    # The density, integrated over the angle: dt = √freedom / cos² · d(angle).
    angle = np.linspace(0, math.atan(end / math.sqrt(freedom)), 20_001)
    log = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(math.pi)
    values = 2 * math.exp(log) * np.cos(angle) ** (freedom - 1)
    integral = np.sum((values[1:] + values[:-1]) / 2 * np.diff(angle))
    assert integral == pytest.approx(level, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(numbers, min_size=2, max_size=12))
def test_the_interval_is_the_known_formula(values):
    found = mean_interval(values)
    n = len(values)
    half = t_quantile(0.95, n - 1) * np.std(values, ddof=1) / math.sqrt(n)
    slack = 1e-9 * (1 + max(map(abs, values)))
    assert found.n == n
    assert found.mean == pytest.approx(np.mean(values), abs=slack)
    assert found.low == pytest.approx(np.mean(values) - half, abs=1e-6 * half + slack)
    assert found.high == pytest.approx(np.mean(values) + half, abs=1e-6 * half + slack)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=8), st.integers(-9, 9))
def test_an_interval_moves_and_scales_with_its_values(values, shift):
    found, moved = mean_interval(values), mean_interval([2 * value + shift for value in values])
    assert moved.low == pytest.approx(2 * found.low + shift, abs=1e-9)
    assert moved.high == pytest.approx(2 * found.high + shift, abs=1e-9)
    turned = mean_interval([-value for value in values])
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-9)


def test_one_value_has_no_interval():
    found = mean_interval([0.25])
    assert (found.mean, found.low, found.high, found.n) == (0.25, None, None, 1)
    assert str(found) == "0.25"
    assert not found.told


@settings(max_examples=30, deadline=None)
@given(numbers, st.integers(2, 11))
def test_equal_values_have_an_interval_without_width(value, n):
    found = mean_interval([value] * n)
    assert found.mean == found.low == found.high == value
    assert found.told is (value != 0)


def test_values_that_are_huge_or_tiny():
    found = mean_interval([1e308, -1e308, 1e308])
    assert found.mean == pytest.approx(1e308 / 3)
    assert found.low is None  # beyond what a float holds
    assert mean_interval([1e-320, 2e-320]).high is not None
    assert mean_interval([1e200, 2e200, 3e200]).high == pytest.approx(2e200 + 2.484e200, rel=1e-3)


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [float("inf")]])
def test_what_has_no_mean(values):
    with pytest.raises(ValueError, match=r"finite|one value"):
        mean_interval(values)


@pytest.mark.parametrize(("level", "freedom"), [(0.0, 3), (1.0, 3), (0.95, 0)])
def test_what_has_no_quantile(level, freedom):
    with pytest.raises(ValueError, match="must be"):
        t_quantile(level, freedom)


def test_few_values_are_covered_as_promised_and_the_bootstrap_does_not():
    """Why the intervals are Student's: at five values a percentile bootstrap is too narrow."""
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(2_000, 5))
    draws = rng.integers(5, size=(300, 5))
    student = bootstrap = 0
    for values in samples:
        found = mean_interval(values.tolist())
        student += found.low <= 0 <= found.high
        low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
        bootstrap += low <= 0 <= high
    assert 0.93 <= student / len(samples) <= 0.97
    assert bootstrap / len(samples) <= 0.88
