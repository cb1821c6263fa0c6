"""Pareto by objective: who is beaten by nobody in everything."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.population import Population, Record
from langprop.population.rules.front import crowding, fronts, objective_table
from langprop.population.rules.pareto import Pareto
from langprop.population.selection import as_selection
from langprop.scripts.script import Script

WEIGHTS = {"accuracy": 1.0, "length": -0.1}


def population(weights=None, **rows):
    """Policies by name with values of the objectives, in the order of the weights."""
    weights = weights or WEIGHTS
    made = Population()
    made.add([Script(f"# {name}", "f", id=name) for name in rows])
    records = {}
    for name, row in rows.items():
        scores = dict(zip(weights, map(float, row), strict=False))
        total = sum(weights[each] * value for each, value in scores.items())
        records[name] = [Record(0, "ok", total, scores=scores, weights=weights)]
    made.tell(records)
    made.truncate(len(rows))
    return made


def parents(made, k=1, draws=40, **options):
    rng, rule = np.random.default_rng(0), Pareto(by="objective", **options)
    return {policy.id for _ in range(draws) for policy in rule(made.policies, k, rng)}


def survivors(made, capacity, **options):
    made.truncate(capacity, Pareto(by="objective", **options))
    return [policy.id for policy in made.policies]


def test_parents_are_those_that_nobody_beats():
    made = population(exact=(1, 30), short=(0.2, 1), fair=(0.6, 8), worse=(0.5, 9))
    assert parents(made) == {"exact", "short", "fair"}


def test_an_objective_with_a_negative_weight_is_better_the_less_it_is():
    made = population({"accuracy": 1.0, "length": 0.1}, exact=(1, 30), short=(0.2, 1))
    assert parents(made) == {"exact"}


def test_an_objective_with_the_weight_0_doesnt_count():
    made = population({"accuracy": 1.0, "length": 0.0}, exact=(1, 30), short=(0.2, 1))
    assert parents(made) == {"exact"}


def test_more_parents_than_the_front_has():
    made = population(exact=(1, 5), fair=(0.6, 8), poor=(0.5, 9))
    rule = Pareto(by="objective")
    chosen = rule(made.policies, 2, np.random.default_rng(0))
    assert [policy.id for policy in chosen] == ["exact", "fair"]


def test_survivors_are_the_best_then_front_after_front():
    rows = {
        "exact": (1, 30),
        "short": (0.2, 1),
        "fair": (0.9, 2),
        "worse": (0.8, 3),
        "last": (0, 40),
    }
    assert survivors(population(**rows), 1) == ["fair"]
    assert set(survivors(population(**rows), 3)) == {"fair", "exact", "short"}
    assert set(survivors(population(**rows), 4)) == {"fair", "exact", "short", "worse"}


def test_of_a_front_without_room_those_that_stand_alone_survive():
    rows = {f"p{n}": (n, n * n) for n in (0, 1, 2, 9, 10)}
    kept = survivors(population(**rows), 4)
    assert {"p0", "p10"} < set(kept)  # the ends
    assert len({"p1", "p2"} & set(kept)) == 1


def test_copies_leave_room_for_others():
    rows = {"a": (1, 10), "b": (1, 10), "c": (1, 10), "d": (0.5, 6), "e": (0.2, 4)}
    kept = survivors(population(**rows), 3)
    assert len({"a", "b", "c"} & set(kept)) == 1
    assert {"d", "e"} < set(kept)


def test_a_gain_within_the_tolerance_beats_nobody():
    rows = {"one": (1.0, 10), "two": (0.99, 10)}
    assert parents(population(**rows)) == {"one"}
    assert parents(population(**rows), tolerance=0.05) == {"one", "two"}


def test_who_wasnt_judged_by_the_objectives_comes_last():
    made = population(exact=(1, 30), short=(0.2, 1))
    made.add([Script("# new", "f", id="new")])
    assert parents(made) == {"exact", "short"}
    assert set(survivors(made, 2)) == {"exact", "short"}
    assert len(survivors(made, 3)) == 2


def test_a_single_score_makes_it_top_k():
    made = Population()
    made.add([Script(f"# {n}", "f", id=str(n)) for n in range(4)])
    made.tell({str(n): [Record(0, "ok", float(n))] for n in range(4)})
    made.truncate(4)
    assert parents(made) == {"3"}
    assert parents(made, k=2) == {"3", "2"}
    assert survivors(made, 2) == ["3", "2"]


def test_in_yaml():
    rule = as_selection({"class_path": "pareto", "init_args": {"by": "objective"}})
    assert rule.settings() == {"name": "pareto", "tolerance": 0.0, "by": "objective"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"by": "objectives"}, "by must be 'sample' or"), ({"tolerance": "objective"}, "by='obj")],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        Pareto(**settings)


TABLES = st.integers(1, 3).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([-np.inf, 0.0, 1.0, 2.0, 1e308]), min_size=width, max_size=width),
        min_size=1,
        max_size=8,
    )
)


@settings(max_examples=60)
@given(TABLES, st.sampled_from([0.0, 1.0]))
def test_fronts_part_the_rows_and_nobody_in_the_first_is_beaten(rows, tolerance):
    table = np.array(rows)
    found = fronts(table, tolerance)
    assert sorted(place for front in found for place in front) == list(range(len(table)))
    assert all(found)
    for place in found[0]:
        worse = (table >= table[place]).all(axis=1) & (table > table[place] + tolerance).any(axis=1)
        assert not worse.any()
    for before, after in pairwise(found):
        for place in after:
            assert any(
                (table[one] >= table[place]).all() and (table[one] > table[place] + tolerance).any()
                for one in before
            )
    for front in found:
        distances = crowding(table[front])
        assert not np.isnan(distances).any()
        assert (distances >= 0).all()


def test_without_objectives_the_table_has_no_columns():
    made = Population()
    made.add([Script("# 1", "f", id="1")])
    assert objective_table(made.policies).shape == (1, 0)
    assert objective_table([]).shape == (0, 0)
