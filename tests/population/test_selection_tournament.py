"""Tournament: the pressure that is promised."""

import numpy as np
import pytest

from langprop.population import Policy
from langprop.population.rules.tournament import Tournament
from langprop.scripts.script import Script

POLICIES = [Policy(Script("x", "f", id=str(place))) for place in range(5)]


@pytest.mark.parametrize("size", [1, 2, 4])
def test_each_place_wins_as_often_as_the_formula_says(size):
    rule, rng, draws = Tournament(size), np.random.default_rng(0), 4000
    wins = np.zeros(5)
    for _ in range(draws):
        wins[int(rule(POLICIES, 1, rng)[0].id)] += 1
    expected = np.array([((5 - i) ** size - (4 - i) ** size) / 5**size for i in range(5)])
    # Four standard deviations of a count, and one for counts near 0.
    assert np.all(np.abs(wins - draws * expected) <= 4 * np.sqrt(draws * expected) + 1)


def test_large_tournaments_are_top_k():
    assert Tournament(500)(POLICIES, 3, np.random.default_rng(0)) == POLICIES[:3]


@pytest.mark.parametrize("size", [0, -1, 1.5, float("nan"), "2", None])
def test_a_size_is_a_positive_whole_number(size):
    with pytest.raises(ValueError, match="at least 1"):
        Tournament(size)
