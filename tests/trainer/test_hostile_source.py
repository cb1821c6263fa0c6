"""Training goes on whatever the model writes, and the trainer's process never parses it."""

import json
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import langprop as lp
from langprop.errors import CheckpointError
from langprop.optim.workshop import Workshop

PRELUDE = """
import ast, sys

seen = []  # what this process compiled of what the model wrote

def watch(event, args):
    if event == "compile":
        text = args[0]
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        if isinstance(text, str) and "qqmark" in text:
            seen.append(text[:80])

sys.addaudithook(watch)
ast.parse("qqmark")
assert len(seen) == 1  # the witness sees
seen.clear()

import langprop as lp

@lp.module(score=lp.exact_match)
def double(x: int) -> int:
    '''Twice the number.'''

DATA = [((n,), 2 * n) for n in range(8)]
GOOD = "def double(x):\\n    qqmark = 2 * x\\n    return qqmark\\n"
BOMBS = [
    "qqmark = " + "not " * 45_000 + "1",
    "qqmark = " + "1<" * 5_000 + "1",
    "qqmark = " + "1 + " * 45_000 + "1",
    "qqmark = a" + ".b" * 90_000,
    "qqmark = " + "(" * 95 + "1" + ")" * 95,
    "qqmark = " + "lambda:" * 25_000 + "1",
    "qqmark = " + "f'{" * 300,
    "qqmark = 0x" + "f" * 150_000,
    "qqmark = 1\\0",
    "qqmark = '\\ud800'",
    "qqmark = 1\\n" * 15_000,
    "# qqmark " + "x" * 10_000_000,
    "def double(x):\\n    qqmark = (",
    "def double(x):\\n    return 'qqmark' * 10 ** 10",
]

def finish(trainer, module):
    assert module.best.priority == 1.0, module.best
    assert "qqmark" in module.source
    assert seen == [], seen
    assert "libcst" not in sys.modules
    print("done")
"""

FROM_A_MODEL = """
replies = iter(
    ["def double(x):\\n    qqmark = x\\n    return qqmark\\n"]
    + [f"```python\\n{bomb}\\n```" for bomb in BOMBS]
    + [f"```python\\n{bomb}\\n{GOOD}```" for bomb in BOMBS[:9]]
    + ["qqmark " * 1_500_000, "```\\n" * 300_000, "", "\\0", "\\ud800 qqmark"]
    + ["```python\\ndef double(x):\\n    qqmark = 2 * x\\n    return qqmark\\n```"] * 100
)
optimizer = lp.LLMOptimizer(lambda messages: next(replies), concurrency=1, n_setup=2)
"""

FROM_AN_OPTIMIZER = """
class Own(lp.Optimizer):
    bombs = list(BOMBS)

    def setup(self, module):
        return [lp.Script(self.bombs.pop(), "double")]

    def update(self, module):
        scripts = [lp.Script(self.bombs.pop(), "double") for _ in range(min(4, len(self.bombs)))]
        return iter([*scripts, lp.Script(GOOD, "double")])

optimizer = Own()
"""

FROM_BOTH = """
class Mixed(lp.MutationOptimizer):
    def setup(self, module):
        bombs = [lp.Script(f"{bomb}\\n{GOOD}", "double") for bomb in BOMBS[:2] + BOMBS[4:9]]
        return [*bombs, lp.Script(GOOD.replace("2 *", "3 *"), "double")]

optimizer = Mixed(n_parents=4, n_children=2, capacity=12, crossover=0.5, fresh=0)
"""

TRAINING = """
limits = lp.Limits(time=0.5, failures=1)
trainer = lp.Trainer(
    optimizer, limits=limits, workers=2, max_epochs=6, progress=False, run_dir="run"
)
trainer.fit(double, DATA)
finish(trainer, double)
again = lp.load("run")
assert again.source == double.source
assert [p.id for p in again.population.policies] == [p.id for p in double.population.policies]
finish(trainer, double)
"""


@pytest.mark.parametrize("writer", [FROM_A_MODEL, FROM_AN_OPTIMIZER, FROM_BOTH])
def test_nothing_that_a_model_wrote_is_parsed_where_it_is_trained(writer, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PRELUDE + writer + TRAINING)
    result = subprocess.run(
        [sys.executable, "-W", "ignore", str(program)],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr[-3_000:]
    assert result.stdout == "done\ndone\n"


def double():
    @lp.module(score=lp.exact_match)
    def double(x: int) -> int:
        """Twice the number."""

    return double


DATA = [((n,), 2 * n) for n in range(8)]


def history(executor, seed):
    """Ids of all policies of a short training, in order, and how they were made."""
    found = []

    class Watch(lp.Callback):
        def on_train_batch_end(self, trainer, module):
            found.append(
                [(p.id, p.script.parent, p.script.origin) for p in module.population.policies]
            )

    trainer = lp.Trainer(
        lp.MutationOptimizer(n_parents=3, n_children=2, n_first=6),
        executor=executor,
        workers=1,
        max_steps=4,
        limits=lp.Limits(time=2, failures=1),
        callbacks=[Watch()],
        progress=False,
        run_dir=False,
        seed=seed,
    )
    trainer.fit(double(), DATA)
    return found


def test_a_seed_gives_the_same_run_wherever_source_is_edited():
    first = history("local", 5)
    assert history("local", 5) == first
    assert history("inline", 5) == first
    assert history("local", 6) != first


def test_the_trainer_lends_its_workshop_while_it_trains():
    executor, optimizer = lp.InlineExecutor(), lp.MutationOptimizer()
    lent = []

    class Watch(lp.Callback):
        def on_train_batch_end(self, trainer, module):
            lent.append(trainer.optimizer.workshop)
            pickle.dumps(trainer.optimizer)

    trainer = lp.Trainer(
        optimizer,
        executor=executor,
        max_steps=2,
        callbacks=[Watch()],
        progress=False,
        run_dir=False,
    )
    trainer.fit(double(), DATA)
    assert lent[0] is lent[1]
    assert lent[0].executor is executor
    assert optimizer.workshop is Workshop.shared()


def test_scripts_of_a_hand_written_loop_have_ids():
    module, optimizer = double(), lp.MutationOptimizer(n_first=3)
    module.check()
    assert all(script.identified for script in optimizer.setup(module))


@pytest.mark.parametrize("wrong", ["", None, 3])
def test_a_checkpoint_without_ids_is_refused(tmp_path, wrong):
    trainer = lp.Trainer(
        "mutation", executor="inline", max_steps=1, progress=False, run_dir=tmp_path / "run"
    )
    trainer.fit(double(), DATA)
    path = Path(tmp_path / "run" / "checkpoint.json")
    state = json.loads(path.read_text())
    policy = state["module"]["population"]["policies"][0]
    name, policy["id"] = policy["id"], wrong
    state.pop("digest", None)  # of what it was
    path.write_text(json.dumps(state))
    folder = path.parent / "scripts"
    (folder / f"{name}.py").rename(folder / f"{wrong}.py")
    with pytest.raises(CheckpointError, match="can't be read"):
        lp.load(path.parent)


def test_source_that_is_no_unicode_is_saved_and_loaded(tmp_path):
    class Odd(lp.Optimizer):
        def setup(self, module):
            return [lp.Script("x = '\ud800'\r\n", "double")]

        def update(self, module):
            return []

    trainer = lp.Trainer(Odd(), max_steps=1, progress=False, run_dir=tmp_path / "run", workers=1)
    trainer.fit(double(), DATA)
    assert lp.load(tmp_path / "run").source == textwrap.dedent("x = '\ud800'\r\n")
