"""The memory: adding, telling, ranking, saving."""

import json

import pytest

from langprop.population import Population, Record, top_k
from langprop.scripts.script import Script


def script(value):
    return Script(f"def f():\n    return {value}\n", "f")


def records(score, n=4):
    return [Record(i, "ok", score) for i in range(n)]


def filled(*scores, seed=0):
    population = Population(seed=seed)
    policies = population.add(script(i) for i in range(len(scores)))
    population.tell(
        {policy.id: records(score) for policy, score in zip(policies, scores, strict=True)}
    )
    return population, policies


def test_a_script_is_kept_once():
    population = Population()
    assert len(population.add([script(1), script(1)])) == 1
    same_program = Script("def f():\n\n    # a comment makes no new program\n    return 1", "f")
    assert population.add([same_program]) == []
    assert same_program in population
    assert script(2) not in population


def test_truncate_keeps_the_best_in_order():
    population, (low, high, middle) = filled(0.1, 0.9, 0.5)
    population.truncate(2)
    assert population.policies == [high, middle]
    assert low.script not in population
    assert top_k(population.policies, 1, population.rng) == [high]


def test_what_was_never_judged_ranks_last_even_below_negative_scores():
    population, (judged,) = filled(-200.0)
    (new,) = population.add([script(99)])
    assert new.priority == 0
    population.truncate(1)
    assert population.policies == [judged]
    assert population.best is judged


def test_ties_are_settled_at_random_and_by_the_seed():
    def winner(seed):
        population, _ = filled(*[1.0] * 8, seed=seed)
        population.truncate(1)
        return population.policies[0].id

    winners = [winner(seed) for seed in range(20)]
    assert len(set(winners)) > 3
    assert winners == [winner(seed) for seed in range(20)]


def test_named_trackers_are_summed_with_weights():
    population = Population(weights={"infractions": 2.0})
    (policy,) = population.add([script(0)])
    population.tell({policy.id: records(0.5)})
    population.tell({policy.id: records(-0.1)}, tracker="infractions")
    assert policy.priority == pytest.approx(0.5 - 0.2)
    assert len(policy.records) == 8


def test_records_of_strangers_are_passed_over():
    population, (policy,) = filled(0.5)
    population.tell({"gone": records(1.0)})
    assert policy.priority == 0.5


def test_best_without_validation_goes_by_priority_then_by_samples():
    population, (first, second) = filled(0.5, 0.5)
    population.tell({second.id: records(0.5)})
    assert population.best is second
    assert first.weight == 4
    assert Population().best is None


def test_the_champion_of_the_validations_survives_the_ranking():
    population, (first, second) = filled(0.4, 0.9)
    for policy, score in ((first, 0.8), (second, 0.3)):
        policy.val_score = score
        population.crown(policy)
    population.truncate(1)
    assert population.policies == [second]
    assert population.best is first


def test_decay_folds_the_step_into_the_past():
    population, (policy,) = filled(0.5)
    population.decay(0.5)
    assert (policy.priority, policy.weight, policy.records) == (0.5, 2.0, [])


def test_state_round_trip_as_json_goes_on_identically():
    population, policies = filled(0.2, 0.9, 0.9, 0.9, seed=3)
    policies[1].val_score = 0.7
    population.crown(policies[1])
    population.truncate(3)
    population.decay(0.9)
    state = json.loads(json.dumps(population.state_dict()))
    copy = Population()
    copy.load_state_dict(state, {policy.id: policy.script.source for policy in policies})
    assert copy.state_dict() == population.state_dict()
    assert copy.best.id == policies[1].id
    for each in (population, copy):
        each.truncate(2)
    assert [p.id for p in copy.policies] == [p.id for p in population.policies]


def test_a_capacity_must_be_positive():
    with pytest.raises(ValueError, match="at least 1"):
        Population().truncate(0)
