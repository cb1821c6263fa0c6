"""MutationOptimizer: what it writes, what it remembers, and that it learns."""

import json

import pytest

import langprop as lp
from langprop.errors import ModuleError
from langprop.modules.function import FunctionModule
from langprop.optim.mutation import MutationOptimizer
from langprop.population.record import Record


def total(xs: list[int]) -> int:
    """Add up."""


def judged(module, scripts, scores):
    """Put scripts into the population, with a score each."""
    policies = module.population.add(scripts)
    module.population.tell(
        {
            policy.id: [Record(0, "ok", score)]
            for policy, score in zip(policies, scores, strict=True)
        }
    )
    module.population.truncate(len(scores))


def fresh():
    module = FunctionModule(total)
    module.check()
    return module


def test_setup_writes_as_many_different_programs_as_asked_for():
    scripts = MutationOptimizer(n_first=20).setup(fresh())
    assert len({script.id for script in scripts}) == len(scripts) == 20
    assert {script.entry_point for script in scripts} == {"total"}
    assert {script.origin for script in scripts} == {"mutation:random"}
    assert all('"""Add up."""' in script.source for script in scripts)


def test_seed_scripts_come_first_and_are_what_is_edited():
    seed = "def total(xs: list[int]) -> int:\n    answer = 41\n    return answer - len(xs)\n"
    module = fresh()
    module.seeds = [seed]
    scripts = MutationOptimizer(n_first=8).setup(module)
    assert scripts[0].source == seed
    assert scripts[0].origin == "seed"
    assert len(scripts) == 8
    assert {script.parent for script in scripts[1:]} == {scripts[0].id}
    assert sum("answer" in script.source for script in scripts) >= 7


def test_children_name_their_parents_and_how_they_were_made():
    module, optimizer = (
        fresh(),
        MutationOptimizer(n_parents=5, n_children=4, crossover=1.0, fresh=0),
    )
    scripts = optimizer.setup(module)
    judged(module, scripts, range(len(scripts)))
    children = optimizer.update(module)
    known = {script.id for script in scripts}
    assert 10 <= len(children) <= 20
    assert {child.parent for child in children} <= known
    assert {child.donor for child in children} - {None} <= known
    assert any(child.donor for child in children)
    assert all(child.origin.startswith("mutation:") for child in children)


def test_better_policies_have_more_children():
    module, optimizer = (
        fresh(),
        MutationOptimizer(n_parents=40, n_children=1, fresh=0, crossover=0, tournament=3),
    )
    scripts = optimizer.setup(module)[:10]
    judged(module, scripts, range(10))
    parents = [child.parent for child in optimizer.update(module)]
    best_half = {script.id for script in scripts[5:]}
    assert sum(parent in best_half for parent in parents) > 0.6 * len(parents)


def test_nothing_is_written_twice():
    module, optimizer = fresh(), MutationOptimizer()
    scripts = optimizer.setup(module)
    judged(module, scripts, [0.0] * len(scripts))
    for _ in range(6):
        scripts += optimizer.update(module)
    assert len({script.id for script in scripts}) == len(scripts)


def test_a_stuck_search_starts_from_scratch_more_often():
    module, optimizer = (
        fresh(),
        MutationOptimizer(n_parents=2, n_children=2, fresh=0, fresh_stuck=1.0),
    )
    judged(module, optimizer.setup(module), [0.0] * 4)
    shares = []
    for _ in range(36):
        children = optimizer.update(module)
        shares.append(sum(child.parent is None for child in children) / len(children))
    assert shares[0] == 0
    assert shares[-1] == 1


def test_a_saved_state_continues_with_the_same_children():
    module, optimizer = fresh(), MutationOptimizer()
    optimizer.seed(7)
    judged(module, optimizer.setup(module), range(32))
    optimizer.update(module)
    state = json.loads(json.dumps(optimizer.state_dict()))
    other = MutationOptimizer()
    other.load_state_dict(state)
    assert [s.id for s in other.update(module)] == [s.id for s in optimizer.update(module)]


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("langprop.optim.mutation._REMEMBERED", 50)
    module, optimizer = fresh(), MutationOptimizer()
    judged(module, optimizer.setup(module), range(32))
    for _ in range(4):
        optimizer.update(module)
    assert len(optimizer.state_dict()["seen"]) == 50 * 8


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"crossover": 1.5}, "crossover must be between 0 and 1"),
        ({"fresh": -0.1}, "fresh must be between 0 and 1"),
        ({"tournament": 0}, "tournament must be at least 1"),
        ({"n_first": 0}, "n_first must be at least 1"),
        ({"n_parents": 0}, "n_parents must be at least 1"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        MutationOptimizer(**settings)


def fitted(module, data, **settings):
    stop = lp.EarlyStopping("train/best", target=1.0)
    trainer = lp.Trainer(
        MutationOptimizer(),
        callbacks=[stop],
        executor=lp.InlineExecutor(),
        limits=lp.Limits(time=0.3, failures=1),
        progress=False,
        run_dir=False,
        max_epochs=None,
        max_steps=60,
        **settings,
    )
    trainer.fit(module, data)
    return trainer


def test_it_learns_a_sum_from_an_empty_stub():
    module = FunctionModule(total)
    data = [(([1, 2, 3],), 6), (([4],), 4), (([7, -2],), 5), (([10, 20, 1, 1],), 32), (([-5],), -5)]
    fitted(module, data)
    assert module.best.priority == 1
    assert module.best.script.source.startswith("def total(xs: list[int]) -> int:")


def test_it_repairs_a_swapped_name_in_a_long_script():
    lines = "".join(f"    extra_{i} = (width + {i}) * height\n" for i in range(12))
    seed = f"def area(width: int, height: int) -> int:\n{lines}    return width * width\n"

    def area(width: int, height: int) -> int:
        """Width times height."""

    repaired = FunctionModule(area)
    repaired.seeds = [seed]
    fitted(repaired, [((3, 4), 12), ((5, 2), 10), ((1, 9), 9), ((6, 6), 36)])
    assert repaired.best.priority == 1


def test_a_module_without_a_stub_says_what_is_missing():
    class Empty(lp.Module):
        def score(self, output, label):
            return 0.0

    with pytest.raises(ModuleError, match="entry_point"):
        fitted(Empty(), [((1,), 1)])
