"""The contract of selection rules: names, checks, survivors, notes, determinism, state."""

import json

import numpy as np
import pytest

from langprop import LLMOptimizer
from langprop.errors import ConfigError
from langprop.population import Policy, Population, Record, Selection, top_k
from langprop.population.selection import as_selection
from langprop.registry import names
from langprop.scripts.script import Script

RULES = sorted(set(names("selection")) - {"archive"})


class Everybody(Selection):
    """Of a user's own."""

    def choose(self, policies, k, rng):
        return policies[::-1][:k]

    def survive(self, policies, capacity, rng):
        return policies


def random(policies, k, rng):
    return [policies[place] for place in rng.permutation(len(policies))[:k]]


def population(count=8, samples=6, seed=0):
    """Policies with random scores; each but the first has a parent among those before it."""
    rng = np.random.default_rng(seed)
    made = Population(seed=seed)
    ids = [f"{place:016x}" for place in range(count)]
    for place, name in enumerate(ids):
        source = f"def f(x):\n    return {' + '.join(f'x.a{place}{n}' for n in range(8))}\n"
        parent = ids[int(rng.integers(place))] if place else None
        made.add([Script(source, "f", parent, id=name)])
        scores = rng.random(samples)
        made.tell({name: [Record(n, "ok", float(score)) for n, score in enumerate(scores)]})
    return made


@pytest.mark.parametrize("name", RULES)
class TestEveryRule:
    @pytest.mark.parametrize("count", [1, 2, 8])
    @pytest.mark.parametrize("k", [1, 3, 20])
    def test_parents_are_different_policies_of_the_population(self, name, count, k):
        made = population(count)
        made.truncate(20)
        parents = as_selection(name)(made.policies, k, np.random.default_rng(0))
        assert len(parents) == min(k, count)
        assert {parent.id for parent in parents} <= {policy.id for policy in made.policies}
        assert len({parent.id for parent in parents}) == len(parents)

    @pytest.mark.parametrize("capacity", [1, 4, 20])
    def test_the_best_survives_and_the_ranking_is_kept(self, name, capacity):
        made = population()
        best = made.best
        made.truncate(capacity, as_selection(name))
        priorities = [policy.priority for policy in made.policies]
        assert len(made) == min(capacity, 8)
        assert priorities == sorted(priorities, reverse=True)
        if name != "confident":  # which may prefer what is better proved
            assert made.policies[0] is best

    def test_policies_without_samples_come_last(self, name):
        made = population(3)
        made.tell({policy.id: [Record(9, "ok", -100.0)] for policy in made.policies})
        made.add([Script("new = 1", "f", id="f" * 16)])
        made.truncate(3, as_selection(name))
        assert "f" * 16 not in {policy.id for policy in made.policies}

    def test_without_any_samples_it_works_as_well(self, name):
        made = Population()
        made.add([Script(f"x.a{n} = {n}; y.b{n}()", "f", id=f"{n}" * 16) for n in range(3)])
        rule = as_selection(name)
        made.truncate(3, rule)
        assert len(rule(made.policies, 2, np.random.default_rng(0))) == 2
        assert rule.undecided(made.policies, 1) == []

    def test_the_seed_decides_everything(self, name):
        def history(seed):
            rule, made, rng = as_selection(name), population(12), np.random.default_rng(seed)
            steps = []
            for _ in range(5):
                made.truncate(8, rule)
                steps.append([policy.id for policy in rule(made.policies, 3, rng)])
            return steps

        assert history(1) == history(1)

    def test_a_run_that_is_saved_and_loaded_goes_on_identically(self, name):
        rule, made, rng = as_selection(f"{name}"), population(12), np.random.default_rng(0)
        for _ in range(3):
            made.truncate(8, rule)
            rule(made.policies, 2, rng)
        saved = json.loads(json.dumps([rule.state_dict(), made.state_dict()], allow_nan=False))
        sources = {policy.id: policy.script.source for policy in made.policies}
        copy, loaded = as_selection(name), Population()
        copy.load_state_dict(saved[0])
        loaded.load_state_dict(saved[1], sources)
        for policies in (made, loaded):
            for policy in policies.policies:  # records aren't saved: the next step brings new ones
                policy.decay(0.9)
                policy.tell([Record(n, "ok", float(len(policy.id) + n % 3)) for n in range(4)])
        other = np.random.default_rng(5)
        other.bit_generator.state = rng.bit_generator.state
        for _ in range(4):
            made.truncate(6, rule)
            loaded.truncate(6, copy)
            first = [policy.id for policy in rule(made.policies, 2, rng)]
            assert first == [policy.id for policy in copy(loaded.policies, 2, other)]
            assert [p.state_dict() for p in made.policies] == [
                p.state_dict() for p in loaded.policies
            ]

    def test_an_empty_population_has_no_parents(self, name):
        rule, made = as_selection(name), Population()
        made.truncate(4, rule)
        assert rule(made.policies, 3, made.rng) == []

    def test_settings_are_plain_data(self, name):
        found = as_selection(name).settings()
        assert json.loads(json.dumps(found)) == found
        assert found["name"] == name


# What a rule may be given as


@pytest.mark.parametrize(
    ("spec", "settings"),
    [
        ("top_k", {"name": "top_k"}),
        (top_k, {"name": "top_k"}),
        (random, {"name": "random"}),
        ("tournament:5", {"name": "tournament", "size": 5}),
        ("langprop.population.rules.tournament:Tournament", {"name": "tournament", "size": 2}),
        (
            {
                "class_path": "langprop.population.rules.tournament.Tournament",
                "init_args": {"size": 4},
            },
            {"name": "tournament", "size": 4},
        ),
        ({"class_path": "pareto"}, {"name": "pareto", "tolerance": 0.0, "by": "sample"}),
        (
            {"class_path": "islands", "init_args": {"count": 2, "within": "tournament:3"}},
            {
                "name": "islands",
                "count": 2,
                "interval": 10,
                "within": {"name": "tournament", "size": 3},
            },
        ),
        (Everybody(), {"name": "Everybody"}),
    ],
)
def test_what_a_rule_may_be_given_as(spec, settings):
    assert as_selection(spec).settings() == settings


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("paretto", "Did you mean 'pareto'"),
        ("", "Known: archive, confident"),
        (":", "Known:"),
        ("tournament:0", "at least 1"),
        ("tournament:two", "at least 1"),
        ("top_k:3", "takes no arguments"),
        ("no.such:Rule", "no module 'no.such'"),
        ("langprop.population.selection:Nothing", "has no 'Nothing'"),
        ("archive", "descriptors"),
        (3, "must be one of"),
        (None, "must be one of"),
        (Everybody, "must be one of"),
        ({"name": "pareto"}, "class_path"),
        ({"class_path": "islands", "init_args": {"cuont": 2}}, "cuont"),
        ({"class_path": "islands", "init_args": 3}, "class_path"),
        ({"class_path": "."}, "Empty module name"),
    ],
)
def test_what_is_no_rule_is_told(spec, text):
    with pytest.raises(ConfigError, match=text):
        as_selection(spec)


@pytest.mark.parametrize(
    "answer", [None, [], "policy", [Policy(Script("x", "f", id="0"))], lambda p: [p[0]] * 4]
)
def test_a_rule_that_returns_nonsense_is_told(answer):
    class Nonsense(Selection):
        def choose(self, policies, k, rng):
            return answer(policies) if callable(answer) else answer

        survive = choose

    made = population()
    with pytest.raises(ConfigError, match=r"Nonsense.choose must return a list of 1 to 3 of the 8"):
        Nonsense()(made.policies, 3, made.rng)
    with pytest.raises(ConfigError, match=r"Nonsense.survive must return"):
        made.truncate(3, Nonsense())
    assert len(made) == 8


def test_a_parent_may_be_chosen_twice():
    made = population()
    rule = as_selection(lambda policies, k, rng: [policies[0]] * k)
    assert rule(made.policies, 3, made.rng) == [made.policies[0]] * 3


def test_a_rule_that_only_chooses_lets_the_best_survive():
    one, other = population(), population()
    one.truncate(3)
    other.truncate(3, as_selection(random))
    assert [policy.id for policy in one.policies] == [policy.id for policy in other.policies]


def test_notes_of_policies_are_saved_and_may_be_missing():
    policy = Policy(Script("x = 1", "f", id="0" * 16))
    assert "notes" not in policy.state_dict()
    policy.notes["mine"] = {"age": 3}
    state = json.loads(json.dumps(policy.state_dict()))
    assert Policy.from_state_dict(state, "x = 1").notes == {"mine": {"age": 3}}
    del state["notes"]
    assert Policy.from_state_dict(state, "x = 1").notes == {}


def test_rules_inside_of_rules_are_saved_reset_and_checked():
    rule = as_selection({"class_path": "novelty", "init_args": {"within": "islands:5"}})
    with pytest.raises(ConfigError, match="capacity=5 or more"):
        rule.check(n_parents=3, capacity=4)
    made = population()
    rule(made.policies, 2, made.rng)
    assert rule.state_dict() == {"within": {"within": {}, "steps": {"f": 1}}}
    copy = as_selection({"class_path": "novelty", "init_args": {"within": "islands:5"}})
    copy.load_state_dict(rule.state_dict())
    assert copy.state_dict() == rule.state_dict()
    rule.load_state_dict({})  # of a checkpoint before there were rules with a state
    rule.reset()
    assert rule.state_dict()["within"]["steps"] == {}


def test_an_optimizer_takes_a_name_and_saves_the_rule():
    def echo(messages):
        return "```python\ndef f(x):\n    return x\n```"

    optimizer = LLMOptimizer(echo, selection="islands:2")
    assert optimizer.settings()["selection"]["count"] == 2
    state = json.loads(json.dumps(optimizer.state_dict()))
    assert state["selection"]["steps"] == {}
    del state["selection"]  # an older checkpoint
    optimizer.load_state_dict(state)
    with pytest.raises(ConfigError, match="4 islands need room"):
        LLMOptimizer(echo, selection="islands:4", capacity=3)
    with pytest.raises(ConfigError, match="Known"):
        LLMOptimizer(echo, selection="no such rule")
