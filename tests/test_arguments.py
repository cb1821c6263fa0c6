"""Arguments of the wrong kind are refused in the constructor, with the name of the argument."""

from __future__ import annotations

import numpy as np
import pytest

import langprop as lp
from langprop.errors import ConfigError


@pytest.mark.parametrize("value", ["3", None, 1.5, True, 0, -1, [1]])
@pytest.mark.parametrize("name", ["n_parents", "n_children", "capacity"])
def test_optimizers_need_whole_numbers(name, value):
    with pytest.raises(ConfigError, match=f"{name} must be .*, but got "):
        lp.MutationOptimizer(**{name: value})


@pytest.mark.parametrize("value", ["x", None, 1.5, -0.1, float("nan"), True])
@pytest.mark.parametrize("name", ["decay", "crossover"])
def test_shares_are_between_0_and_1(name, value):
    with pytest.raises(ConfigError, match=f"{name} must be .*, but got "):
        lp.MutationOptimizer(**{name: value})


def test_numpy_numbers_are_numbers():
    optimizer = lp.MutationOptimizer(n_parents=np.int64(2), decay=np.float32(0.5))
    assert (optimizer.n_parents, optimizer.decay) == (2, 0.5)
    assert type(optimizer.n_parents) is int


@pytest.mark.parametrize("name", ["time", "total", "memory", "output", "printed", "failures"])
def test_limits_are_numbers(name):
    with pytest.raises(ValueError, match=rf"Limits\.{name} must be a number, but got '3'"):
        lp.Limits(**{name: "3"})
