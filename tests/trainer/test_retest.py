"""Further samples for policies that can't be told apart."""

import json

import pytest

import langprop as lp


def answer():
    @lp.module(score=lp.exact_match)
    def answer(x: int) -> int:
        """Say 1."""

    return answer


DATA = [((n,), 1) for n in range(400)]
GOOD = "return 1 if x % 10 else 0"  # right on 90 %
LUCKY = "return 1 if x < {known} else x % 2"  # right on half, and on what it was lucky with


class Recited(lp.Optimizer):
    """Writes given bodies, and asks a rule."""

    name = "recited"

    def __init__(self, *bodies, rule="confident", survivors=None, **settings):
        super().__init__(**{"n_parents": 1, "n_children": 1, "capacity": 1, **settings})
        self.bodies = list(bodies)
        self.selection = rule if rule is None else as_rule(rule)
        self.survivors = survivors

    def setup(self, module):
        return [lp.Script(f"def answer(x):\n    {body}\n", "answer") for body in self.bodies]

    def update(self, module):
        return []


def as_rule(name):
    from langprop.population.selection import as_selection

    return as_selection(name)


class Records(lp.Callback):
    """Notes which samples each policy was judged on in a step."""

    def __init__(self):
        self.steps = []

    def on_train_batch_start(self, trainer, module):
        self.population = module.population
        tell = module.population.tell

        def noting(records, *args):
            self.steps.append({key: [each.sample for each in records[key]] for key in records})
            self.asked = [each.args[0] for key in records for each in records[key]]
            tell(records, *args)

        module.population.tell = noting


def fit(optimizer, data=DATA, **settings):
    given = {
        "executor": lp.InlineExecutor(),
        "progress": False,
        "run_dir": False,
        "batch_size": 20,
        "max_steps": 1,
        "shuffle": False,
    }
    module = answer()
    trainer = lp.Trainer(optimizer, **{**given, **settings})
    return trainer, trainer.fit(module, data)


def test_luck_on_one_batch_does_not_win():
    bodies = [LUCKY.format(known=20), GOOD]
    trainer, best = fit(Recited(*bodies, rule="top_k"))
    assert "x < 20" in best.script.source
    assert trainer.evaluations == 2 * 20
    trainer, best = fit(Recited(*bodies))
    assert "x % 10" in best.script.source
    assert trainer.evaluations > 2 * 20


def test_further_samples_are_others_and_their_numbers_go_on():
    spy = Records()
    fit(Recited(LUCKY.format(known=20), GOOD), callbacks=[spy])
    first, *further = spy.steps
    assert further
    for places in first.values():
        assert places == list(range(20))
    for turn, told in enumerate(further, 1):
        assert len(told) == 2
        for places in told.values():
            assert places == list(range(20 * turn, 20 * turn + 20))
    assert not set(spy.asked) & set(range(20))


def test_what_is_sure_costs_nothing_more():
    trainer, _ = fit(Recited("return 1", "return 0"))
    assert trainer.evaluations == 2 * 20


def test_where_there_are_no_other_samples_what_is_known_decides():
    trainer, best = fit(Recited(LUCKY.format(known=20), GOOD), DATA[:20])
    assert trainer.evaluations == 2 * 20
    assert "x < 20" in best.script.source


def test_a_budget_for_evaluations_is_kept():
    optimizer = Recited(LUCKY.format(known=20), GOOD)
    trainer, _ = fit(optimizer, budget=lp.Budget(evaluations=2 * 20 + 30))
    assert trainer.evaluations == 2 * 20


@pytest.mark.parametrize("rounds", [0, 1, 2, 5])
def test_the_rule_says_how_often(rounds):
    from langprop.population.rules.confident import Confident

    same = ["return 1 if x % 2 else 0", "return 0 if x % 2 else 1"]  # never to be told apart
    optimizer = Recited(*same)
    optimizer.selection = Confident(rounds=rounds)
    trainer, _ = fit(optimizer)
    assert trainer.evaluations == 2 * 20 * (1 + rounds)


def test_of_a_stream_the_batches_before_are_taken():
    stream = (sample for sample in DATA)
    spy = Records()
    optimizer = Recited("return 1 if x % 2 else 0", "return 0 if x % 2 else 1")
    optimizer.capacity = 2
    trainer, _ = fit(optimizer, stream, max_steps=2, callbacks=[spy])
    # In the first step there was nothing before; in the second, the first batch.
    assert trainer.evaluations > 2 * 20 * 2
    assert set(spy.asked) <= set(range(20))


def test_survivors_are_tested_again_before_the_others_go():
    spy = Records()
    trainer, best = fit(
        Recited(LUCKY.format(known=20), GOOD, survivors=1, capacity=2), callbacks=[spy]
    )
    assert "x % 10" in best.script.source
    numbers = [places for told in spy.steps for places in told.values()]
    assert all(len(set(places)) == len(places) for places in numbers)
    assert trainer.evaluations == sum(map(len, numbers))


@pytest.mark.parametrize("broken", [1, 2, 3, 4])
def test_a_resumed_run_draws_the_same_further_samples(tmp_path, broken):
    def train(folder, **settings):
        optimizer = lp.MutationOptimizer(
            n_parents=2, n_children=2, capacity=3, selection="confident"
        )
        trainer = lp.Trainer(
            optimizer,
            batch_size=5,
            workers=1,
            progress=False,
            run_dir=folder,
            executor=lp.InlineExecutor(),
            **settings,
        )
        trainer.fit(answer(), DATA[:60], resume=True)
        return trainer

    whole = train(tmp_path / "whole", max_steps=6)
    train(tmp_path / "part", max_steps=broken)
    train(tmp_path / "part", max_steps=6)
    one, other = [
        json.loads((tmp_path / name / "checkpoint.json").read_text()) for name in ("whole", "part")
    ]
    assert whole.evaluations > 0
    assert one == other


def test_mutation_takes_a_rule():
    optimizer = lp.MutationOptimizer(selection="pareto", capacity=8)
    assert optimizer.settings()["selection"]["name"] == "pareto"
    with pytest.raises(lp.LangPropError, match=r"selection"):
        lp.MutationOptimizer(selection="nonsense")
    module = answer()
    trainer = lp.Trainer(optimizer, executor=lp.InlineExecutor(), progress=False, run_dir=False)
    best = trainer.fit(module, DATA[:50])
    assert best.priority > 0.5
