"""Pareto: specialists survive and become parents."""

import math
from collections import Counter

import numpy as np
import pytest

from langprop.population import Population, Record
from langprop.population.rules.pareto import Pareto
from langprop.scripts.script import Script


def population(**scores):
    """Policies by name with a score on each sample; None for a sample that wasn't seen."""
    made = Population()
    made.add([Script(f"# {name}", "f", id=name) for name in scores])
    made.tell(
        {
            name: [
                Record(n, "ok", float(score)) for n, score in enumerate(row) if score is not None
            ]
            for name, row in scores.items()
        }
    )
    return made


def survivors(made, capacity, **settings):
    made.truncate(capacity, Pareto(**settings))
    return [policy.id for policy in made.policies]


def test_a_policy_that_is_best_on_one_sample_survives_a_low_mean():
    scores = {
        "all": [1, 1, 1, 1, 1, 1, 1, 0],
        "good": [1, 1, 1, 1, 1, 1, 0, 0],
        "fair": [1, 1, 1, 1, 1, 0, 0, 0],
        "rare": [0, 0, 0, 0, 0, 0, 0, 1],
    }
    assert survivors(population(**scores), 2) == ["all", "rare"]
    made = population(**scores)
    made.truncate(2)
    assert [policy.id for policy in made.policies] == ["all", "good"]  # as top_k would have it


def test_few_places_go_to_those_that_cover_most_and_the_rest_to_the_best():
    scores = {
        "best": [5, 5, 0, 0, 0, 0, 0],
        "even": [1, 1, 1, 1, 1, 1, 1],
        "left": [0, 0, 2, 2, 2, 0, 0],
        "right": [0, 0, 0, 0, 0, 2, 0],
    }
    assert survivors(population(**scores), 1) == ["best"]
    assert survivors(population(**scores), 2) == ["best", "left"]
    assert survivors(population(**scores), 3) == ["best", "even", "left"]
    assert survivors(population(**scores), 4) == ["best", "even", "left", "right"]


def test_the_best_by_priority_survives_though_it_is_best_nowhere():
    scores = {"even": [2, 2, 2], "a": [3, 0, 0], "b": [0, 3, 0], "c": [0, 0, 3]}
    assert "even" in survivors(population(**scores), 2)


def test_samples_on_which_all_are_equal_say_nothing():
    scores = {"good": [1, 1, 0, 0], "bad": [0, 0, 0, 0], "none": [0, 0, 0, 0]}
    made = population(**scores)
    made.truncate(3)
    drawn = {Pareto()(made.policies, 1, np.random.default_rng(n))[0].id for n in range(30)}
    assert drawn == {"good"}


def test_parents_are_drawn_by_the_samples_they_are_best_on():
    scores = {
        "broad": [1, 1, 1, 0],
        "narrow": [0, 0, 0, 1],
        "shadow": [1, 0, 0, 0],  # best only where "broad" is, too
        "never": [0, 0, 0, 0],
    }
    made = population(**scores)
    made.truncate(4)
    rng, rule = np.random.default_rng(0), Pareto()
    drawn = Counter(rule(made.policies, 1, rng)[0].id for _ in range(2000))
    assert set(drawn) == {"broad", "narrow"}
    assert drawn["broad"] / 2000 == pytest.approx(0.75, abs=0.05)
    # Where the front is too small the best of the others follow.
    assert [policy.id for policy in rule(made.policies, 3, rng)][2] == "shadow"


def test_scores_within_the_tolerance_are_as_good():
    scores = {"one": [0.90, 0.9], "two": [0.91, 0.1], "three": [0.1, 0.85]}
    assert survivors(population(**scores), 2) == ["one", "two"]
    made = population(**scores)
    made.truncate(3)
    found = Pareto(0.02)(made.policies, 1, np.random.default_rng(0))
    assert [policy.id for policy in found] == ["one"]


def test_all_trackers_count_with_their_weights():
    made = Population(weights={"cost": -1.0})
    made.add([Script("a", "f", id="cheap"), Script("b", "f", id="dear")])
    for name, cost in (("cheap", [0, 5]), ("dear", [3, 0])):
        made.tell({name: [Record(n, "ok", 1.0) for n in range(2)]})
        made.tell({name: [Record(n, "ok", float(value)) for n, value in enumerate(cost)]}, "cost")
    rng = np.random.default_rng(0)
    assert {Pareto()(made.policies, 1, rng)[0].id for _ in range(30)} == {"cheap", "dear"}


def test_a_policy_that_missed_samples_competes_on_the_others():
    made = population(whole=[1, 1, 0], part=[None, None, 1], nothing=[])
    assert survivors(made, 3) == ["part", "whole", "nothing"]
    rng = np.random.default_rng(0)
    assert {Pareto()(made.policies, 1, rng)[0].id for _ in range(30)} == {"part"}


def test_a_specialist_outlives_many_steps_beside_generalists():
    """The idea of a rare case is still there after 20 steps; `top_k` loses it in the first."""

    def alive(rule):
        made, rng = Population(seed=0), np.random.default_rng(0)
        made.add([Script("rare", "f", id="rare")])
        for step in range(20):
            made.add([Script(f"g{step}{n}", "f", id=f"g{step}-{n}") for n in range(4)])
            rows = {
                policy.id: [0.0] * 9 + [1.0]
                if policy.id == "rare"
                else [*(rng.random(9) < 0.8), 0.0]
                for policy in made.policies
            }
            made.tell(
                {
                    name: [Record(n, "ok", float(score)) for n, score in enumerate(row)]
                    for name, row in rows.items()
                }
            )
            made.truncate(4, rule)
            made.decay(0.9)
        return "rare" in {policy.id for policy in made.policies}

    assert alive(Pareto())
    assert not alive(None)


@pytest.mark.parametrize("tolerance", [-0.1, math.inf, math.nan])
def test_a_tolerance_makes_sense(tolerance):
    with pytest.raises(ValueError, match="tolerance"):
        Pareto(tolerance)
