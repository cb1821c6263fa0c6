"""Optimizers side by side: real trainers, real run folders."""

import copy
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from langprop.callbacks.base import Callback
from langprop.errors import CheckpointError, ConfigError, DataError, ModuleError, UnknownName
from langprop.llms.budget import Budget
from langprop.modules.function import FunctionModule
from langprop.modules.module import Module
from langprop.optim.best_of_n import BestOfN
from langprop.optim.llm import LLMOptimizer
from langprop.optim.mutation import MutationOptimizer
from langprop.optim.optimizer import Optimizer
from langprop.optim.random_search import RandomSearch
from langprop.scripts.script import Script
from langprop.trainer.compare import compare
from langprop.trainer.loaded import load

DATA = [((n,), n + 1) for n in range(6)]
TEST = [((n,), n + 1) for n in range(10, 14)]
QUICK = {"isolation": "none", "progress": False}
SMALL = {"n_parents": 2, "n_children": 2, "capacity": 2}


def follow(number: int) -> int:
    """Return the number after this one."""


def closeness(output, label):
    return 1.0 / (1.0 + abs(output - label))


def module_of(**settings):
    return FunctionModule(follow, score=closeness, **settings)


def small(kind):
    return kind(**SMALL)


def both():
    return {"mutation": small(MutationOptimizer), "random": small(RandomSearch)}


def run(optimizers=None, *, module=None, train=DATA, val=None, test=TEST, **settings):
    given = {"run_dir": False, "seeds": 2, "budget": Budget(evaluations=200), **QUICK, **settings}
    return compare(module or module_of(), optimizers or both(), train, val, test, **given)


def code(text):
    return f"```python\ndef follow(number):\n    return {text}\n```"


def test_mutation_against_random():
    module = module_of()
    found = run(module=module, seeds=3)
    assert len(module.population) == 0  # the runs had copies
    assert [(trial.seed, trial.optimizer) for trial in found.trials] == [
        (seed, name) for seed in range(3) for name in ("mutation", "random")
    ]
    for trial in found.trials:
        assert trial.status == "finished"
        assert 150 < trial.evaluations <= 200
        assert trial.ended == "budget"
        assert 0 <= trial.score <= 1
    (difference,) = found.differences
    assert difference.pair.what == "selection"
    scores = {(trial.optimizer, trial.seed): trial.score for trial in found.trials}
    means = [scores["mutation", seed] - scores["random", seed] for seed in range(3)]
    assert difference.score.mean == pytest.approx(sum(means) / 3)
    assert "test score" in str(found)


def test_all_optimizers_see_the_same_data_in_the_same_order():
    seen = []

    class Noted(Optimizer):
        def setup(self, module):
            seen.append([])
            return [Script("def follow(number):\n    return 1\n", "follow")]

        def update(self, module):
            records = module.population.policies[0].records
            seen[-1].append([record.args for record in records])
            return []

    run({"a": Noted(), "b": Noted()}, budget=None, max_epochs=2, batch_size=2)
    assert seen[0] == seen[1] != seen[2] == seen[3]
    assert len(seen[0]) == 6


def test_a_comparison_is_read_and_not_repeated(tmp_path):
    folder = tmp_path / "compared"
    first = run(run_dir=folder, seeds=1)
    marks = {path: path.stat().st_mtime_ns for path in folder.glob("*/seed-0/*")}
    again = run(run_dir=folder, seeds=2, resume=True)
    assert again.trials[:2] == first.trials
    assert [trial.seed for trial in again.trials] == [0, 0, 1, 1]
    assert {path: path.stat().st_mtime_ns for path in marks} == marks
    assert callable(load(folder / "mutation/seed-1"))
    assert json.loads((folder / "comparison.json").read_text())["seeds"] == [0, 1]
    with pytest.raises(CheckpointError, match="resume=True"):
        run(run_dir=folder)
    with pytest.raises(CheckpointError, match=r"budget.evaluations was 200, and is 300"):
        run(run_dir=folder, resume=True, budget=Budget(evaluations=300))
    with pytest.raises(CheckpointError, match=r"samples.test was 4, and is 2"):
        run(run_dir=folder, resume=True, test=TEST[:2])
    (folder / "mutation/seed-0/trial.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"trial.json can't be read"):
        run(run_dir=folder, resume=True)
    (folder / "mutation/seed-0/trial.json").unlink()  # as the message says
    repaired = run(run_dir=folder, resume=True)
    assert repaired.trials[0].score == first.trials[0].score
    assert repaired.trials[0].evaluations == first.trials[0].evaluations


class Cut(Callback):
    """^C in a step of the second run."""

    runs = 0

    def on_fit_start(self, trainer, module):
        Cut.runs += 1

    def on_train_batch_start(self, trainer, module):
        if Cut.runs == 2 and trainer.step == 2:
            raise KeyboardInterrupt


def test_an_interrupted_comparison_tells_what_there_is_and_goes_on(tmp_path):
    whole = run(run_dir=tmp_path / "whole")
    Cut.runs = 0
    cut = run(run_dir=tmp_path / "cut", callbacks=[Cut()])
    assert cut.interrupted
    assert [trial.status for trial in cut.trials] == ["finished", "unfinished"]
    assert "interrupted" in str(cut)
    assert json.loads((tmp_path / "cut/comparison.json").read_text())["interrupted"]
    resumed = run(run_dir=tmp_path / "cut", resume=True)
    assert not resumed.interrupted
    assert [t.score for t in resumed.trials] == [t.score for t in whole.trials]
    assert [t.evaluations for t in resumed.trials] == [t.evaluations for t in whole.trials]


PROGRAM = """
import sys
import langprop as lp
from langprop.trainer.compare import compare

def follow(number: int) -> int:
    '''Return the number after this one.'''

def closeness(output, label):
    return 1.0 / (1.0 + abs(output - label))

data = [((n,), n + 1) for n in range(6)]
small = dict(n_parents=2, n_children=2, capacity=2)
found = compare(
    lp.module(score=closeness)(follow), {"a": lp.MutationOptimizer(**small)}, data, test=data,
    seeds=2, budget=lp.Budget(evaluations=300), run_dir=sys.argv[1], resume=True,
    isolation="none", progress=False, told=lambda trial: print(trial.score, flush=True),
)
"""


def test_a_comparison_that_was_killed_ends_as_one_that_was_not(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))

    def start(name):
        command = [sys.executable, str(program), str(tmp_path / name)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    whole, _ = start("whole").communicate(timeout=120)
    killed = start("killed")
    assert killed.stdout.readline()  # the first run has ended
    end = time.monotonic() + 60
    while not list((tmp_path / "killed/a/seed-1").glob("checkpoint.json")):
        assert time.monotonic() < end
        time.sleep(0.005)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    again, _ = start("killed").communicate(timeout=120)
    assert again == whole
    assert len(again.split()) == 2


def test_a_run_that_fails_is_told_in_its_row(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)

    class Broken(Optimizer):
        def setup(self, module):
            raise RuntimeError("the disk of the model's author is full")

        def update(self, module):
            return []

    optimizers = {"broken": Broken(), "keyless": "openai:m", "fine": small(MutationOptimizer)}
    found = run(optimizers, run_dir=tmp_path / "run")
    assert [row.finished for row in found.rows] == [0, 0, 2]
    text = str(found)
    assert "broken failed with seed 0, 1: RuntimeError: the disk of the model's author" in text
    assert "keyless failed with seed 0, 1: LLMAuthError: no key for 'm'" in text
    assert "Traceback" in (tmp_path / "run/broken/seed-0/error.txt").read_text()
    monkeypatch.setattr(Broken, "setup", lambda self, module: MutationOptimizer().setup(module))
    again = run(optimizers, run_dir=tmp_path / "run", resume=True)  # they are tried again
    assert [row.finished for row in again.rows] == [2, 0, 2]


def test_feedback_against_none_and_the_target():
    """A model that only gets there by looking at what its script did."""

    def answer(messages):
        text = messages[-1].content
        return code("number + 1") if "number + 9" in text else code("number + 9")

    optimizers = {
        "none": BestOfN(answer, **SMALL),
        "feedback": LLMOptimizer(answer, **SMALL),
    }
    found = run(optimizers, seeds=3, target=1.0, val=DATA[:3])
    (difference,) = found.differences
    assert (difference.pair.optimizer, difference.pair.what) == ("feedback", "feedback")
    assert "feedback helped: +0.8889 [0.8889, 0.8889]" in str(difference)
    none, feedback = found.rows
    assert (none.solved, none.reached, feedback.solved, feedback.reached) == (0, 0, 3, 3)
    assert feedback.evaluations < 50
    assert none.evaluations > 150
    assert feedback.ended == {"target": 3}
    assert none.calls > feedback.calls > 0


def test_a_single_instance_is_not_shared_between_runs():
    optimizer = LLMOptimizer(lambda messages: code("number + 2"), **SMALL)
    before = copy.deepcopy(optimizer.state_dict())
    found = run({"llm": optimizer, "class": MutationOptimizer}, budget=Budget(evaluations=60))
    assert optimizer.state_dict() == before
    assert found.trials[0].calls == found.trials[2].calls > 0


def test_a_function_or_a_class_may_make_the_module():
    class Follow(Module):
        stub = "def follow(number: int) -> int:\n    '''Return the number after this one.'''\n"

        def __init__(self):
            self.lock = threading.Lock()  # such a module can't be copied
            super().__init__()

        def score(self, output, label):
            return closeness(output, label)

    def made():
        return Follow()

    for source in (Follow, made):
        assert run(module=source, seeds=1).rows[0].finished == 1
    with pytest.raises(ConfigError, match=r"can't be copied.*lambda: MyModule\(\)"):
        run(module=Follow())
    with pytest.raises(ConfigError, match="got a int"):
        run(module=lambda: 3)


def test_a_module_that_is_trained_is_refused():
    module = module_of()
    module.population.add([Script("def follow(number):\n    return 1\n", "follow")])
    with pytest.raises(ModuleError, match="trained already"):
        run(module=module)


def test_validation_or_training_scores_where_there_is_no_test():
    found = run(seeds=1, test=None, val=TEST)
    assert found.split == "val"
    assert "validation score" in str(found)
    assert "give test data" in str(found)
    found = run(seeds=1, test=None)
    assert found.split == "train"
    assert found.trials[0].score > 0


def test_an_iterator_is_there_for_all_runs():
    found = run(train=iter(DATA), test=iter(TEST), shuffle=False)
    plain = run(shuffle=False)
    assert [trial.score for trial in found.trials] == [trial.score for trial in plain.trials]


def test_a_budget_that_ends_nothing_is_refused():
    with pytest.raises(ConfigError, match=r"mutation, random: asks no model.*max_time"):
        run(budget=Budget(calls=5))
    assert run(budget=Budget(calls=5), max_steps=1).trials[0].ended == "limit"
    text = str(run(budget=None, max_steps=1))
    assert "no budget was set" in text


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"seeds": 0}, ConfigError, "seeds must be at least 1"),
        ({"seeds": [1, 1]}, ConfigError, "different whole numbers"),
        ({"seeds": []}, ConfigError, "different whole numbers"),
        ({"seeds": [1], "seed": 4}, ConfigError, "not both"),
        ({"optimizers": {"a": "mutaton"}}, UnknownName, "mutation"),
        ({"optimizers": {"": "mutation"}}, ConfigError, "name of an optimizer"),
        ({"optimizers": ["mutation", "mutation"]}, ConfigError, "twice"),
        ({"optimizers": {"a": 3}}, ConfigError, "can't be made of 3"),
        ({"optimizers": {"a": "best_of_n"}}, ConfigError, "best_of_n:openai:MODEL"),
        ({"target": float("nan")}, ConfigError, "target"),
        ({"resume": True}, ConfigError, "name the folder"),
        ({"budget": 3}, ConfigError, "Budget"),
        ({"batch_size": 0}, ConfigError, "batch_size must be at least 1"),
        ({"optimizer": "mutation"}, ConfigError, "compare sets it"),
        ({"train": []}, DataError, "no samples"),
    ],
)
def test_what_is_wrong_is_told_before_anything_runs(settings, error, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=words):
        run(**{"run_dir": None, **settings})
    assert not list(tmp_path.iterdir())


def test_names_become_folders_that_every_file_system_takes(tmp_path):
    names = {"a/b: ü?": "random", "a-b": "random", "..": "random"}
    found = run({name: small(RandomSearch) for name in names}, seeds=[7], run_dir=tmp_path / "run")
    folders = [trial.folder for trial in found.trials]
    assert folders == ["a-b/seed-7", "a-b-2/seed-7", "optimizer/seed-7"]
    assert all((tmp_path / "run" / folder / "trial.json").exists() for folder in folders)


def test_two_comparisons_do_not_write_into_one_folder(tmp_path):
    from langprop.trainer.run_dir import RunDir

    run(run_dir=tmp_path / "run", seeds=1)
    other = RunDir(tmp_path / "run")
    other.lock()
    with pytest.raises(CheckpointError, match="is being trained in"):
        run(run_dir=tmp_path / "run", seeds=1, resume=True)
    other.unlock()
    run(run_dir=tmp_path / "run", seeds=1, resume=True)


def test_a_new_folder_is_named_after_the_function(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("compare-follow", "compare-follow-2"):
        found = run({"r": small(RandomSearch)}, seeds=1, run_dir=None)
        assert found.folder.name == name
