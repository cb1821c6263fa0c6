"""A policy's objectives: trackers that show, and decide nothing."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.population import Policy, Population, Record
from langprop.scripts.script import Script

SCRIPT = Script("def f(x):\n    return x\n", "f")
WEIGHTS = {"accuracy": 1.0, "length": -0.1}


def record(place, accuracy, length):
    total = accuracy - 0.1 * length
    scores = {"accuracy": accuracy, "length": length}
    return Record(place, "ok", total, scores=scores, weights=WEIGHTS)


def told(*rows):
    policy = Policy(SCRIPT)
    policy.tell([record(place, *row) for place, row in enumerate(rows)])
    return policy


def test_each_objective_has_a_priority_and_an_error():
    policy = told((1.0, 10.0), (0.0, 20.0))
    assert policy.priority == pytest.approx(-1.0)
    assert list(policy.objectives) == ["accuracy", "length"]
    accuracy, length = policy.objectives.values()
    assert (accuracy.priority, accuracy.stderr, accuracy.factor) == (0.5, 0.5, 1.0)
    assert (length.priority, length.stderr, length.factor) == (15.0, 5.0, -0.1)
    assert accuracy.records == []  # they are kept once
    assert list(policy.trackers) == ["main"]
    assert len(policy.records) == 2


def test_a_single_score_has_none():
    policy = Policy(SCRIPT)
    policy.tell([Record(0, "ok", 1.0)])
    assert policy.objectives == {}
    assert not {"objectives", "val_scores"} & policy.state_dict().keys()


@settings(max_examples=30)
@given(
    st.lists(
        st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), max_size=5), max_size=4
    ),
    st.floats(0, 1),
)
def test_the_objectives_add_up_to_the_priority_in_all_steps(steps, decay):
    policy = Policy(SCRIPT)
    for step in steps:
        policy.tell([record(place, *row) for place, row in enumerate(step)])
        policy.decay(decay)
        parts = [each.factor * each.priority for each in policy.objectives.values()]
        assert policy.priority == pytest.approx(math.fsum(parts), abs=1e-9)
        assert all(each.weight == policy.weight for each in policy.objectives.values())


def test_they_decay_and_are_saved_with_the_rest():
    policy = told((1.0, 10.0), (0.0, 20.0))
    policy.decay(0.5)
    policy.tell([record(0, 1.0, 30.0)])
    policy.val_score, policy.val_scores = -1.0, {"accuracy": 1.0, "length": 20.0}
    state = json.loads(json.dumps(policy.state_dict()))
    again = Policy.from_state_dict(state, SCRIPT.source)
    assert again.state_dict() == policy.state_dict()
    assert again.objectives["length"].priority == 22.5
    assert again.objectives["length"].stderr == policy.objectives["length"].stderr
    assert again.objectives["length"].factor == -0.1
    assert again.val_scores == {"accuracy": 1.0, "length": 20.0}


def test_a_checkpoint_without_them_is_read():
    state = told((1.0, 10.0)).state_dict()
    del state["objectives"]
    assert Policy.from_state_dict(state, SCRIPT.source).objectives == {}


def test_nothing_is_told_if_a_part_isnt_finite():
    policy = told((1.0, 10.0))
    before = policy.state_dict()
    bad = Record(1, "ok", 0.0, scores={"accuracy": 1.0, "length": math.nan}, weights=WEIGHTS)
    with pytest.raises(ValueError, match="scores must be finite, but got nan"):
        policy.tell([record(0, 1.0, 1.0), bad])
    assert policy.state_dict() == before
    assert len(policy.records) == 1


def test_a_population_ranks_by_the_total_alone():
    population = Population()
    population.add([Script("# 1", "f", id="long"), Script("# 2", "f", id="short")])
    population.tell({"long": [record(0, 1.0, 10.0)], "short": [record(0, 0.5, 1.0)]})
    population.truncate(2)
    assert [policy.id for policy in population.policies] == ["short", "long"]
