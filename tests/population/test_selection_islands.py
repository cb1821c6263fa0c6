"""Islands: lineages stay apart, and the best migrate."""

import numpy as np
import pytest

from langprop.population import Population, Record, top_k
from langprop.population.rules.islands import Islands, home
from langprop.population.selection import as_selection
from langprop.scripts.script import Script


class World:
    """Steps of a run: a child is worth a little more or less than its parent.

    Args:
        rule: The selection rule.
        seed: Of everything.
        founders: First scripts, each of a family of its own.
    """

    def __init__(self, rule, *, seed=0, founders=6, capacity=6):
        self.rule, self.capacity = as_selection(rule), capacity
        self.rng = np.random.default_rng(seed)
        self.population = Population(seed=seed)
        self.worth, self.family, self.made = {}, {}, 0
        self.write([None] * founders)

    def write(self, parents):
        for parent in parents:
            name = f"{self.made:016x}"
            self.made += 1
            self.population.add([Script(f"{name}", "f", parent and parent.id, id=name)])
            self.family[name] = self.family[parent.id] if parent else name
            base = self.worth[parent.id] if parent else 0.5
            self.worth[name] = base + self.rng.normal(0, 0.05)

    def step(self, children=2, parents=3):
        made = self.population
        made.tell({policy.id: [Record(0, "ok", self.worth[policy.id])] for policy in made.policies})
        made.truncate(self.capacity, self.rule)
        chosen = self.rule(made.policies, parents, self.rng)
        self.write([parent for parent in chosen for _ in range(children)])
        made.decay(0.5)
        return chosen

    @property
    def families(self):
        return {self.family[policy.id] for policy in self.population.policies}


def test_ideas_stay_apart_where_top_k_is_left_with_one():
    kept = {"islands": [], "top_k": []}
    for seed in range(10):
        for name, rule in (("islands", Islands(3, interval=1000)), ("top_k", top_k)):
            world = World(rule, seed=seed)
            for _ in range(30):
                world.step()
            kept[name].append(len(world.families))
    assert max(kept["top_k"]) <= 2
    assert min(kept["islands"]) == 3


def test_children_live_on_the_island_that_their_parent_was_chosen_on():
    world = World(Islands(3, interval=1000))
    for _ in range(6):
        chosen = {policy.id: home(policy) for policy in world.step()}
        assert sorted(island for on in chosen.values() for island in on) == [0, 1, 2]
        made = world.population
        made.truncate(100, world.rule)
        for policy in made.policies:
            if policy.script.parent in chosen:
                assert home(policy) == chosen[policy.script.parent]


def test_with_fewer_parents_than_islands_they_take_turns():
    world = World(Islands(3, interval=1000))
    turns = [home(policy) for _ in range(6) for policy in world.step(parents=1)]
    assert turns == [[0], [1], [2], [0], [1], [2]]
    pairs = [sorted(home(policy)[0] for policy in world.step(parents=2)) for _ in range(3)]
    assert sorted(pairs) == [[0, 1], [0, 2], [1, 2]]


def test_the_best_of_each_island_comes_to_the_next_one():
    world = World(Islands(3, interval=4))
    for _ in range(4):
        world.step()
        assert all(len(home(policy)) == 1 for policy in world.population.policies[:6])
    world.population.truncate(6, world.rule)
    bests = {}
    for policy in world.population.policies:
        bests.setdefault(home(policy)[0], policy)
    world.rule(world.population.policies, 3, world.rng)
    assert {island: home(policy) for island, policy in bests.items()} == {
        0: [0, 1],
        1: [1, 2],
        2: [0, 2],
    }


def test_a_migrant_that_is_not_among_the_best_there_stays_at_home():
    world = World(Islands(2, interval=1), founders=8, capacity=4)
    for place, policy in enumerate(world.population.policies):
        policy.notes["islands"] = {"on": [place // 4]}
        world.worth[policy.id] = 0.9 - 0.1 * place
    best, weak = world.population.policies[0], world.population.policies[4]
    world.step(children=0)
    world.step(children=0)
    assert (home(best), home(weak)) == ([0, 1], [0, 1])
    world.population.truncate(4, world.rule)
    assert (home(best), home(weak)) == ([0, 1], [1])


def test_one_seed_script_fills_all_islands_with_its_first_children():
    world = World(Islands(3), founders=1)
    world.step(children=4)
    world.step()
    assert {island for policy in world.population.policies for island in home(policy)} == {0, 1, 2}


def test_places_of_empty_islands_are_lent():
    world = World(Islands(3), founders=2)
    world.population.truncate(6, world.rule)
    assert len(world.population) == 2
    assert len(world.rule(world.population.policies, 5, world.rng)) == 2


def test_a_capacity_below_the_number_of_islands_keeps_the_best_of_them():
    world = World(Islands(4), founders=8, capacity=2)
    best = sorted(world.worth.values(), reverse=True)
    world.step(children=0)
    kept = sorted((world.worth[policy.id] for policy in world.population.policies), reverse=True)
    assert kept[0] == best[0]
    assert len({home(policy)[0] for policy in world.population.policies}) == 2


@pytest.mark.parametrize(
    "note",
    [None, 3, {}, {"on": None}, {"on": ["x", -1, True]}, {"on": [7]}, {"on": [0], "breeds": 9}],
)
def test_notes_of_another_run_are_put_right(note):
    world = World(Islands(2))
    world.population.policies[0].notes["islands"] = note
    for _ in range(3):
        world.step()
    assert all(set(home(policy)) <= {0, 1} for policy in world.population.policies)


def test_one_rule_serves_modules_that_are_trained_together():
    rule = Islands(3, interval=1000)
    one, other = World(rule), World(rule, seed=1)
    for policy in other.population.policies:
        object.__setattr__(policy.script, "entry_point", "g")
    for world in (one, other, one, other):
        chosen = world.step(parents=1, children=0)
    assert home(chosen[0]) == [1]
    assert rule.state_dict()["steps"] == {"f": 2, "g": 2}


@pytest.mark.parametrize("settings", [{"count": 0}, {"interval": 0}, {"count": 2.5}])
def test_settings_make_sense(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        Islands(**settings)
