"""RandomSearch: scripts from scratch, none of which descends from another."""

from langprop.modules.function import FunctionModule
from langprop.optim.mutation import MutationOptimizer
from langprop.optim.random_search import RandomSearch
from langprop.registry import resolve
from langprop.trainer import Trainer

DATA = [((n,), n + 1) for n in range(6)]


def follow(number: int) -> int:
    """Return the number after this one."""


def closeness(output, label):
    return 1.0 / (1.0 + abs(output - label))


def fit(optimizer, **settings):
    module = FunctionModule(follow, score=closeness, **settings)
    trainer = Trainer(optimizer, max_epochs=4, run_dir=False, progress=False, isolation="none")
    trainer.fit(module, DATA)
    return trainer, module


def test_no_script_has_a_parent():
    optimizer = RandomSearch(n_parents=2, n_children=3, capacity=4)
    _, module = fit(optimizer)
    assert {policy.script.origin for policy in module.population.policies} == {"mutation:random"}
    assert {policy.script.parent for policy in module.population.policies} == {None}
    assert len(module.population) == 4
    priorities = [policy.priority for policy in module.population.policies]
    assert priorities == sorted(priorities, reverse=True)


def test_with_a_seed_all_scripts_are_edits_of_it():
    seed = "def follow(number):\n    return number - 1\n"
    _, module = fit(RandomSearch(n_parents=2, n_children=3, capacity=4), seeds=[seed])
    first = {policy.id for policy in module.population.policies if policy.script.origin == "seed"}
    parents = {policy.script.parent for policy in module.population.policies} - {None}
    assert len(parents) <= 1
    assert not first or parents <= first


def test_it_judges_as_many_scripts_as_mutation_with_the_same_numbers():
    numbers = {"n_parents": 2, "n_children": 3, "capacity": 4}
    spent = [fit(kind(**numbers))[0].evaluations for kind in (RandomSearch, MutationOptimizer)]
    assert spent[0] == spent[1]


def test_it_goes_on_from_a_saved_state():
    one, other = RandomSearch(), RandomSearch()
    module = FunctionModule(follow, score=closeness)
    one.seed(3)
    one.setup(module)
    other.load_state_dict(one.state_dict())
    first, second = one.update(module), other.update(module)
    assert [script.id for script in first] == [script.id for script in second]
    assert len(first) == 32


def test_it_has_a_short_name():
    assert isinstance(resolve("optimizer", "random"), RandomSearch)
