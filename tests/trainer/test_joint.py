"""Modules that call each other, trained together."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import langprop as lp
from langprop.cli.main import main
from langprop.errors import CheckpointError, ModuleError
from langprop.executors.inline import InlineExecutor
from langprop.scripts.script import Script

RUNS = Path(__file__).parent / "joint_runs.py"
DATA = [((["1", "2"],), 3.0), ((["5"],), 5.0), ((["4", "4", "1"],), 9.0), (([],), 0.0)]
GOOD = "def parse(text):\n    return float(text)\n"
TOTAL = "def total(texts):\n    return sum(parse(text) for text in texts)\n"


def fresh(parse="def parse(text):\n    return 0.0\n", total=TOTAL):
    """Two modules, each with a seed or without one."""

    class Parse(lp.Module):
        stub = 'def parse(text: str) -> float:\n    """Read a number."""\n'
        seeds = [parse] if parse else []

    class Total(lp.Module):
        stub = 'def total(texts: list[str]) -> float:\n    """Sum up numbers."""\n'
        seeds = [total] if total else []

        def score(self, output, label):
            """An answer scores 1 if it is the right sum."""
            return lp.exact_match(output, label)

    first = Parse()
    second = Total(depends=[first])
    first.executor = second.executor = InlineExecutor()
    return first, second


class Model:
    """A model that answers by function; keeps the prompts."""

    def __init__(self, **answers):
        self.answers, self.prompts = answers, {name: [] for name in answers}

    def __call__(self, messages):
        text = messages[-1].content
        name = next(name for name in self.answers if f"`{name}`" in text.splitlines()[0])
        self.prompts[name].append(text)
        answers = self.answers[name]
        if isinstance(answers, list):  # the last one again and again
            answers = answers[min(len(self.prompts[name]), len(answers)) - 1]
        return f"```python\n{answers}\n```"


def trainer(optimizer, **settings):
    chosen = {"max_steps": 2, "max_epochs": None, "batch_size": None, "run_dir": False}
    chosen |= {"progress": False, "executor": "inline", "train_depends": True, **settings}
    return lp.Trainer(optimizer, **chosen)


def llm(model, **settings):
    return lp.LLMOptimizer(model, **{"n_parents": 1, "n_children": 1, **settings})


# What is learned


def test_the_module_with_the_fault_is_improved_and_the_other_one_stays():
    parse, total = fresh()
    model = Model(parse=GOOD, total=TOTAL.replace("sum(", "2 * sum("))
    training = trainer(llm(model))
    best = training.fit(total, DATA)
    assert parse.source == GOOD
    assert best.script.source == TOTAL
    assert training.metrics["train/best"] == training.metrics["parse/train/best"] == 1.0
    assert training.metrics["parse/samples"] == 3  # one sample doesn't call it
    assert total(["3", "4"]) == 7.0
    assert parse.within is total.within is None
    update = model.prompts["parse"][0]
    assert "It is judged by what `total` makes of its answers" in update
    assert "An answer scores 1 if it is the right sum." in update
    assert "The score is that of total([" in update
    assert "which answered 0.0." in update
    assert "What is known of the right answer of `total`: " in update
    assert "total called parse(text = '" in update
    assert "Its mean score is 0 over 3 samples" in update


def test_the_caller_is_told_that_an_exception_is_not_its_own():
    _, total = fresh("def parse(text):\n    return text.value\n")
    model = Model(parse="def parse(text):\n    return text.number\n", total=TOTAL)
    trainer(llm(model), max_steps=1).fit(total, DATA[:1])
    assert (
        "It arose in parse('1'), a function of its own: change `total` only if that call was wrong."
        in model.prompts["total"][0]
    )
    own = model.prompts["parse"][0]
    assert "line 2, in parse\n    return text.value\nAttributeError" in own
    assert "The score is that of total(['1', '2']), which failed by this." in own
    assert "It arose in" not in own


def test_the_module_is_told_that_an_exception_is_its_callers():
    _, total = fresh(GOOD, TOTAL.replace("in texts)", "in texts) / 0"))
    model = Model(parse=GOOD + "# again", total=TOTAL)
    trainer(llm(model), max_steps=1).fit(total, DATA[:1])
    assert "which failed (exception), but not within `parse`" in model.prompts["parse"][0]
    assert total.best.script.source.strip() == TOTAL.strip()


@pytest.mark.parametrize("seed", range(2))
def test_random_edits_find_the_fault_wherever_it_is(seed):
    limits = lp.Limits(time=0.3, failures=1)
    for faulty, sources in [
        ("parse", {"parse": "def parse(text):\n    return float(text) + 1\n"}),
        ("total", {"parse": GOOD, "total": TOTAL.replace("sum(", "1 + sum(")}),
    ]:
        modules = dict(zip(("parse", "total"), fresh(**sources), strict=True))
        optimizer = lp.MutationOptimizer(n_parents=2, n_children=2, capacity=4)
        stop = lp.EarlyStopping("train/best", target=1.0)
        training = trainer(optimizer, max_steps=60, limits=limits, callbacks=[stop], seed=seed)
        training.fit(modules["total"], DATA)
        assert training.stopped.startswith("train/best reached")
        changed = [name for name, each in modules.items() if each.source != each.seeds[0]]
        assert changed == [faulty]


def test_modules_without_scripts_get_their_first_ones():
    parse, total = fresh(None, None)
    model = Model(parse=GOOD, total=TOTAL)
    trainer(llm(model, n_setup=1), max_steps=1).fit(total, DATA)
    assert (parse.source.strip(), total.source.strip()) == (GOOD.strip(), TOTAL.strip())
    assert "Functions that it may call" in model.prompts["total"][0]
    assert total.best.priority == 1.0


def test_calls_tell_the_kinds_of_arguments():
    parse, total = fresh()
    trainer("mutation", max_steps=1, shuffle=False).fit(total, DATA)
    assert (parse.example.args, parse.example.label) == (("2",), None)


def test_what_is_frozen_stays():
    parse, total = fresh()
    parse.frozen = True
    model = Model(parse=GOOD, total=TOTAL)
    trainer(llm(model)).fit(total, DATA)
    assert model.prompts["parse"] == []
    assert not len(parse.population)

    parse, total = fresh()
    total.frozen = True
    model = Model(parse=GOOD, total=TOTAL)
    training = trainer(llm(model))
    training.fit(total, DATA, DATA)
    assert model.prompts["total"] == []
    assert (parse.source, total.source) == (GOOD, TOTAL)
    assert training.metrics["train/best"] == training.metrics["val/score"] == 1.0


def test_frozen_may_be_given_where_a_module_is_made():
    assert lp.module(frozen=True)(double).frozen
    assert not lp.module(double).frozen

    class Plan(lp.Module):
        entry_point = "plan"

    assert Plan(frozen=True).frozen


def double(x: int) -> int:
    """Twice the number."""
    return x


def test_without_the_option_what_is_called_stays_as_it_is():
    _, total = fresh()
    model = Model(parse=GOOD, total=TOTAL)
    training = trainer(llm(model), train_depends=False)
    training.fit(total, DATA)
    assert model.prompts["parse"] == []
    assert training.joint is None
    assert "parse/train/best" not in training.metrics


def test_a_module_that_no_sample_calls_keeps_its_population():
    parse, total = fresh(GOOD, "def total(texts):\n    return 0.0\n")
    model = Model(parse=GOOD, total="def total(texts):\n    return 1.0\n")
    training = trainer(llm(model), max_steps=3)
    training.fit(total, DATA)
    assert model.prompts["parse"] == []
    assert training.metrics["parse/samples"] == 0
    assert [policy.weight for policy in parse.population.policies] == [0.0]
    assert parse.source == GOOD


def test_diamonds_are_trained_once_each():
    low = lp.module(double)

    made = {"double": low}
    for name in ("left", "right"):
        made[name] = lp.Module.__new__(lp.Module)
        made[name].stub = f"def {name}(x: int) -> int:\n    '''One side.'''\n"
        made[name].seeds = [f"def {name}(x):\n    return double(x)\n"]
        made[name].depends = [low]

    @lp.module(depends=[made["left"], made["right"]])
    def top(x: int) -> int:
        """Both."""

    top.seeds = ["def top(x):\n    return left(x) + right(x)\n"]
    right = "def double(x):\n    return 2 * x\n"
    model = Model(double=right, left="l = 1", right="r = 1", top="t = 1")
    training = trainer(llm(model, attempts=1))
    training.fit(top, [((n,), 4 * n) for n in range(1, 4)])
    assert [each.entry_point for each in training.joint.modules] == [
        "double", "left", "right", "top"
    ]  # fmt: skip
    assert low.source == right
    prompt = model.prompts["double"][0]
    assert "left called double(x = " in prompt
    assert "right called double(x = " in prompt


def test_circles_are_trained():
    @lp.module
    def is_even(n: int) -> bool:
        """Whether a number is even."""

    @lp.module(depends=[is_even])
    def is_odd(n: int) -> bool:
        """Whether a number is odd."""
        return n > 0

    is_even.depends = [is_odd]
    is_even.seeds = ["def is_even(n):\n    return n == 0 or is_odd(n - 1)\n"]
    right = "def is_odd(n):\n    return n > 0 and is_even(n - 1)\n"
    model = Model(is_even=is_even.seeds[0], is_odd=right)
    training = trainer(llm(model))
    training.fit(is_even, [((n,), n % 2 == 0) for n in range(6)])
    assert is_odd.source == right
    assert training.metrics["train/best"] == 1.0


# Priorities


def test_what_was_found_within_another_whole_is_forgotten():
    _, total = fresh()
    model = Model(parse=GOOD, total=TOTAL)
    training = trainer(llm(model))
    training.join(total)
    for _ in range(2):
        training.fit_batch(total, DATA)
    # The seed of `total` had 1 of 4 with the old `parse`, which doesn't count any more.
    assert total.best.priority == 1.0
    assert total.best.script.source == TOTAL
    training.close()


def test_a_leader_is_not_replaced_by_one_that_is_as_good():
    parse, total = fresh(GOOD)
    model = Model(parse=GOOD, total=TOTAL)
    other = iter(range(1000))

    def variants(messages):
        reply = model(messages)
        return reply.replace("return ", f"n = {next(other)}\n    return ")

    training = trainer(llm(variants, n_children=4, capacity=2), max_steps=8)
    training.fit(total, DATA, DATA)
    assert (parse.source, total.source) == (GOOD, TOTAL)
    assert len(total.population) > 2


# Validation, and what becomes of a run


def test_the_best_whole_by_validation_is_what_is_kept(tmp_path, capsys):
    parse, total = fresh()
    # It learns the training data by heart, and is worse on everything else.
    cheat = "def parse(text):\n    return {'1': 1.0, '2': 2.0}[text]\n"
    rest = [((["1"],), 1.0), ((["2"],), 2.0), ((["9"],), 0.0), ((["8"],), 0.0)]
    model = Model(parse=cheat, total=TOTAL)
    run = tmp_path / "run"
    seed = parse.seeds[0]
    training = trainer(llm(model), run_dir=run, val_interval=1, max_steps=1)
    parse.population.add([Script(seed, "parse")])
    total.population.add([Script(TOTAL, "total")])
    training.fit(total, DATA[:1], rest)
    state = json.loads((run / "checkpoint.json").read_text())
    champions = [
        each["population"]["champion"]["id"]
        for each in (state["module"], *state["joint"]["modules"])
    ]
    assert champions == [total.best.id, parse.best.id]
    assert parse.best.val_score == total.best.val_score == training.metrics["val/score"] == 0.5
    loaded = lp.load(run)
    loaded.executor = InlineExecutor()
    assert loaded(["1"]) == total(["1"]) == 1.0
    assert main(["export", str(run), str(tmp_path / "best_total.py")]) == 0
    capsys.readouterr()
    code = "from best_total import total; print(total(['1', '2']))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "3.0\n"
    assert "parse" in (run / "best.py").read_text()
    assert main(["show", str(run)]) == 0


def test_a_whole_that_validates_worse_is_not_crowned():
    parse, total = fresh(GOOD)
    model = Model(parse=[GOOD, "def parse(text):\n    return 3.0\n"], total=TOTAL)
    data = [((["3"],), 3.0), ((["4"],), 3.0)]  # the second one is an error in the data
    training = trainer(llm(model), val_interval=1, max_steps=3)
    training.fit(total, data, DATA)
    assert max(policy.priority for policy in parse.population.policies) == 1.0
    assert parse.source == GOOD  # the last validation is that of a better whole
    assert training.metrics["val/score"] == 1.0
    assert training.test(total, DATA).score == 1.0


@pytest.mark.parametrize("kind", ["mutation", "llm"])
def test_a_run_that_is_killed_ends_as_if_it_had_not_been(tmp_path, kind):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(RUNS), str(tmp_path), kind, "3", "2"],
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["killed"] >= 1
    assert len(set(told["hashes"])) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mutation", "llm"])
def test_50_runs_that_are_killed(tmp_path, kind):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(RUNS), str(tmp_path), kind, "4", "50"],
        capture_output=True, text=True, check=False, timeout=1500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(set(json.loads(done.stdout)["hashes"])) == 1


def test_a_run_is_resumed_with_the_modules_that_it_was_begun_with(tmp_path):
    run = tmp_path / "run"
    trainer("mutation", run_dir=run, max_steps=1).fit(fresh()[1], DATA)
    with pytest.raises(CheckpointError, match="begun with train_depends=True: resume it with that"):
        trainer("mutation", run_dir=run, train_depends=False).fit(fresh()[1], DATA, resume=True)
    _, total = fresh("def parse(text):\n    return 1.0\n")
    with pytest.raises(CheckpointError, match="the modules that it calls changed"):
        trainer("mutation", run_dir=run).fit(total, DATA, resume=True)
    parse, total = fresh()
    parse.frozen = True
    with pytest.raises(CheckpointError, match=r"trained parse together with 'total', .*none"):
        trainer("mutation", run_dir=run).fit(total, DATA, resume="force")
    alone = tmp_path / "alone"
    trainer("mutation", run_dir=alone, max_steps=1, train_depends=False).fit(fresh()[1], DATA)
    with pytest.raises(CheckpointError, match="begun with train_depends=False"):
        trainer("mutation", run_dir=alone).fit(fresh()[1], DATA, resume=True)


def test_interrupted_within_a_step_the_one_before_is_saved(tmp_path):
    def model(messages):
        if asked:
            raise KeyboardInterrupt
        asked.append(messages)
        return f"```python\n{GOOD}```"

    asked = []
    run = tmp_path / "run"
    _, total = fresh()
    training = trainer(llm(model), run_dir=run)
    training.fit(total, DATA)
    assert training.interrupted
    assert json.loads((run / "checkpoint.json").read_text())["step"] == 0
    assert lp.load(run).source == TOTAL


def test_a_budget_ends_it_between_modules(tmp_path):
    parse, total = fresh()
    model = Model(parse=GOOD, total=TOTAL)
    run = tmp_path / "run"
    training = trainer(llm(model), run_dir=run, budget=lp.Budget(evaluations=10))
    training.fit(total, DATA)
    assert training.stopped.startswith("budget: ")
    assert training.evaluations <= 10
    assert parse.source == GOOD
    assert lp.load(run).standalone.count("def ") == 2


# What can't be trained


def test_what_cannot_be_trained_is_told_before_anything_is_paid(tmp_path):
    model = Model(parse=GOOD, total=TOTAL)
    parse, total = fresh(None)
    parse.frozen = True
    with pytest.raises(ModuleError, match="'parse' is frozen, but has no script"):
        trainer(llm(model), run_dir=tmp_path / "run").fit(total, DATA)
    parse, total = fresh()
    parse.frozen = total.frozen = True
    with pytest.raises(ModuleError, match="there is nothing to train"):
        trainer(llm(model)).fit(total, DATA)
    with pytest.raises(ModuleError, match=r"'total' is frozen: .*train_depends=True"):
        trainer(llm(model), train_depends=False).fit(total, DATA)
    assert model.prompts == {"parse": [], "total": []}
    assert not (tmp_path / "run").exists()


def test_what_was_loaded_is_called_and_not_trained(tmp_path):
    parse, total = fresh(GOOD)
    run = tmp_path / "run"

    class Alone(type(parse)):
        def score(self, output, label):
            return lp.exact_match(output, label)

    trainer("mutation", run_dir=run, max_steps=1).fit(Alone(), [(("1",), 1.0)])
    total.depends = [lp.load(run)]
    model = Model(parse=GOOD, total=TOTAL)
    trainer(llm(model)).fit(total, DATA)
    assert model.prompts["parse"] == []


def test_the_estimate_counts_all_modules():
    from langprop.trainer.estimate import estimate

    both = estimate(trainer("mutation"), fresh()[1], DATA)
    one = estimate(trainer("mutation", train_depends=False), fresh()[1], DATA)
    assert both.evaluations == 2 * one.evaluations
