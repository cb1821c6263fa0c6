"""Training, with optimizers whose answer is known."""

import copy
import json
import math
import os
import pickle
import signal
import subprocess
import sys
import textwrap

import pytest

import langprop as lp
from langprop.errors import (
    CheckpointError,
    ConfigError,
    DataError,
    LLMError,
    ModuleError,
    UnknownName,
)


class Recited(lp.Optimizer):
    """Writes given bodies one after the other."""

    name = "recited"

    def __init__(self, *bodies, **settings):
        super().__init__(**settings)
        self.bodies = list(bodies)

    def script(self, parent=None):
        return lp.Script(f"def double(x):\n    {self.bodies.pop(0)}\n", "double", parent=parent)

    def setup(self, module):
        return [self.script()]

    def update(self, module):
        return [self.script(module.population.policies[0].id)] if self.bodies else []


def double():
    @lp.module(score=lp.exact_match)
    def double(x: int) -> int:
        """Double."""

    return double


DATA = [((n,), 2 * n) for n in range(12)]


@pytest.fixture
def make(tmp_path):
    def make(optimizer, **settings):
        defaults = {"executor": lp.InlineExecutor(), "progress": False, "run_dir": tmp_path / "run"}
        return lp.Trainer(optimizer, **{**defaults, **settings})

    make.folder = tmp_path / "run"
    return make


def test_it_learns_the_identity_of_the_best_script(make):
    module = double()
    trainer = make(Recited("return 0", "return x", "return 2 * x", "return 3"), batch_size=4)
    best = trainer.fit(module, DATA)
    assert "2 * x" in best.script.source
    assert module.best is best
    assert (trainer.step, trainer.epoch) == (30, 10)
    assert trainer.metrics["train/best"] == 1.0
    assert trainer.test(module, DATA).score == 1.0


def test_priorities_follow_the_formula(make):
    module = double()
    trainer = make(
        Recited("return 0 if x > 5 else 2 * x", decay=0.5),
        batch_size=6,
        shuffle=False,
        max_epochs=1,
    )
    trainer.fit(module, DATA)  # first batch: all right; second: all wrong
    (policy,) = module.population.policies
    assert policy.priority == pytest.approx((1.0 * 3 + 0.0 * 6) / 9)
    assert policy.weight == (3 + 6) * 0.5


def test_children_are_judged_on_the_batch_of_their_parents(make):
    module = double()
    trainer = make(Recited("return 0", "return 2 * x"), max_epochs=1, max_steps=1, batch_size=5)
    trainer.fit(module, DATA)
    assert [policy.weight for policy in module.population.policies] == [4.5, 4.5]
    assert trainer.evaluations == 10


def test_capacity_and_survivors(make):
    bodies = [f"return {i}" for i in range(100, 120)]
    module = double()
    make(Recited(*bodies, capacity=3), max_epochs=10, batch_size=None).fit(module, DATA)
    assert len(module.population) == 4  # three kept at the ranking, and a child
    optimizer = Recited(*[f"return {i}" for i in range(100, 120)], capacity=3)
    optimizer.survivors = 2
    module = double()
    make(optimizer, max_epochs=10, batch_size=None, run_dir=False).fit(module, DATA)
    assert len(module.population) == 2


def test_validation_selects_the_champion(make):
    module = double()
    lucky = "return {n: 2 * n for n in range(8)}.get(x, 0)"  # learned the training set by heart
    trainer = make(Recited(lucky, "return 2 * x if x != 3 else 0"), max_epochs=3, n_val=2)
    trainer.fit(module, DATA[:8], DATA[8:])
    assert "x != 3" in module.source
    assert trainer.metrics["train/best"] == 1.0
    assert trainer.metrics["val/score"] == 1.0


def test_early_stopping_at_a_target(make):
    for monitor, val in (("train/best", None), ("val/score", DATA)):
        stop = lp.EarlyStopping(monitor, target=1.0)
        optimizer = Recited("return 0", "return 1", "return 2 * x", "return 3", "return 4")
        trainer = make(optimizer, callbacks=[stop], run_dir=False)
        trainer.fit(double(), DATA, val)
        assert trainer.step == 2
        assert monitor in trainer.stopped


def test_early_stopping_without_progress(make):
    stop = lp.EarlyStopping("train/best", patience=3)
    trainer = make(Recited("return 0"), max_epochs=50, callbacks=[stop])
    trainer.fit(double(), DATA)
    assert trainer.step == 4
    assert "not improved" in trainer.stopped


def test_early_stopping_needs_what_it_monitors(make):
    with pytest.raises(ConfigError, match="no validation data"):
        make(Recited("return 0"), callbacks=[lp.EarlyStopping(target=1)]).fit(double(), DATA)
    misspelt = lp.EarlyStopping("train/bset", target=1)
    trainer = make(Recited("return 0"), callbacks=[misspelt], run_dir=False)
    with pytest.raises(ConfigError, match="metrics are"):
        trainer.fit(double(), DATA)
    with pytest.raises(ValueError, match="a target, a patience"):
        lp.EarlyStopping("train/best")


def test_limits_of_steps_and_time(make):
    trainer = make(Recited("return 0"), max_epochs=None, max_steps=5, batch_size=4)
    trainer.fit(double(), DATA)
    assert (trainer.step, trainer.stopped) == (5, "max_steps=5")
    trainer = make(Recited("return 0"), max_epochs=None, max_time=0.2, run_dir=False)
    trainer.fit(double(), DATA)
    assert trainer.stopped == "max_time=0.2 s"


def test_fit_again_goes_on(make):
    module, optimizer = double(), Recited("return 0", "return x", "return 2 * x")
    trainer = make(optimizer, max_epochs=1)
    trainer.fit(module, DATA)
    trainer.fit(module, DATA)
    assert (trainer.step, trainer.epoch) == (2, 2)
    assert module.best.priority == 1.0


def test_another_module_makes_another_run(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    @lp.module
    def triple(x: int) -> int:
        """Triple."""

    class Both(Recited):
        def setup(self, module):
            return [lp.Script(f"def {module.entry_point}(x): return 0", module.entry_point)]

    first, trainer = double(), make(Both(), max_epochs=1, run_dir=None)
    trainer.fit(first, DATA)
    trainer.fit(triple, DATA)
    assert (trainer.step, trainer.epoch) == (1, 1)
    assert lp.load("runs/double").entry_point == "double"
    assert lp.load("runs/triple").entry_point == "triple"
    trainer = make(Both(), max_epochs=1)
    trainer.fit(first, DATA)
    with pytest.raises(CheckpointError, match="holds a run already"):
        trainer.fit(double(), DATA)


def test_a_run_that_learned_nothing_leaves_its_name_free(make):
    class Offline(Recited):
        def setup(self, module):
            raise LLMError("no network")

    with pytest.raises(LLMError, match="no network"):
        make(Offline()).fit(double(), DATA)
    make(Recited("return 0"), max_epochs=1).fit(double(), DATA)


def test_time_is_over_in_the_middle_of_a_step(make):
    class Slow(Recited):
        def setup(self, module):
            bodies = [f"import time; time.sleep(0.2); return {n}" for n in range(20)]
            return [lp.Script(f"def double(x): {body}", "double") for body in bodies]

    trainer = make(Slow(), max_epochs=None, max_time=0.5)
    with pytest.warns(UserWarning, match=r"over before any script was judged"):
        trainer.fit(double(), DATA[:1])
    assert trainer.stopped == "max_time=0.5 s"
    assert trainer.step == 0
    assert 0 < trainer.evaluations < 20


def test_time_is_over_before_a_script_has_seen_all_samples(make):
    setup = Recited("import time; time.sleep(0.1); return 0")
    with lp.LocalExecutor(workers=1) as executor:
        trainer = make(setup, executor=executor, max_time=0.3)
        with pytest.warns(UserWarning, match="nobody tried. Give it more time"):
            trainer.fit(double(), DATA * 2, DATA)
    assert (trainer.stopped, trainer.evaluations) == ("max_time=0.3 s", 0)
    assert trainer.validated is None  # that would take even longer
    assert (trainer.run_dir.path / "checkpoint.json").exists()


def test_a_validation_is_not_broken_off_and_not_made_twice(make):
    spent = []

    class Count(lp.Callback):
        def on_validation_start(self, trainer, module):
            spent.append(trainer.seconds)

    body = "import time; time.sleep(0.4 if x >= 100 else 0); return 2 * x"
    val = [((n,), 2 * n) for n in range(100, 104)]
    trainer = make(
        Recited(body), max_epochs=None, max_time=1.0, val_interval=1, callbacks=[Count()]
    )
    trainer.fit(double(), DATA, val)
    assert (trainer.step, trainer.stopped) == (1, "max_time=1 s")
    assert spent[0] < 1.0 < trainer.seconds
    assert (trainer.metrics["val/score"], len(spent)) == (1.0, 1)
    assert trainer.evaluations == len(DATA) + len(val)


def test_a_trained_module_can_be_copied_and_pickled(make):
    module = double()
    make(Recited("return 2 * x"), max_epochs=1).fit(module, DATA)
    module(1)
    loaded = lp.load(make.folder)
    for copied in (copy.deepcopy(loaded), pickle.loads(pickle.dumps(loaded))):
        copied.executor = lp.InlineExecutor()
        assert copied(4) == 8
    module.close()


def test_a_loaded_module_is_not_trained(make):
    make(Recited("return 2 * x"), max_epochs=1).fit(double(), DATA)
    with pytest.raises(ModuleError, match="can be called and exported, not trained"):
        make(Recited("return 0"), run_dir=False).fit(lp.load(make.folder), DATA)


def test_fit_batch_by_hand(make):
    module, trainer = double(), make(Recited("return 0", "return 2 * x"))
    children = trainer.fit_batch(module, DATA)
    assert [child.priority for child in children] == [1.0]
    trainer.close()


def test_any_iterable_is_data(make):
    trainer = make(Recited("return 2 * x"), max_epochs=2, batch_size=5)
    trainer.fit(double(), (sample for sample in DATA))
    assert trainer.step == 6


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "no samples"),
        (iter(()), "no samples"),
        (None, "no data to train on"),
        ([((1, 2), 3)], "takes 1 positional arguments, but gets 2"),
        ([((), {"y": 1}, 3)], "no parameter 'y'"),
        ([((), 3)], "gets no 'x'"),
        ([3], "first sample"),
        (3, "must be a list"),
    ],
)
def test_data_that_cannot_be_used(make, tmp_path, data, message):
    with pytest.raises(DataError, match=message):
        make(Recited("return 0")).fit(double(), data)
    assert not (tmp_path / "run").exists()


def test_an_optimizer_that_writes_nothing(make):
    class Silent(Recited):
        def setup(self, module):
            return []

    with pytest.raises(ModuleError, match="no first script"):
        make(Silent()).fit(double(), DATA)


def test_an_untrained_module_cannot_be_tested(make):
    with pytest.raises(ModuleError, match="isn't trained"):
        make(Recited()).test(double(), DATA)
    with pytest.raises(DataError, match="no data"):
        make(Recited()).validate(double())


@pytest.mark.parametrize(
    "settings",
    [
        {"max_epochs": 0},
        {"batch_size": 0},
        {"max_time": 0},
        {"max_time": -1},
        {"n_val": 0},
        {"max_time": math.nan},
    ],
)
def test_settings_are_checked_at_once(settings):
    with pytest.raises(ValueError, match="must be"):
        lp.Trainer(Recited(), **settings)


@pytest.mark.parametrize("name", ["mutaton", "opnai:gpt", "nonsense.module:Thing"])
def test_unknown_names(name):
    with pytest.raises(UnknownName, match="there is no"):
        lp.Trainer(name)
    with pytest.raises(UnknownName, match="there is no"):
        lp.Trainer(Recited(), executor=name)


# What is written


def read(path):
    return json.loads((path / "checkpoint.json").read_text())


def test_a_run_is_a_folder_of_readable_files(make, tmp_path):
    make(Recited("return 0", "return 2 * x"), max_epochs=3, seed=5).fit(double(), DATA, DATA)
    run = tmp_path / "run"
    assert (run / "best.py").read_text() == "def double(x):\n    return 2 * x\n"
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "train/best" in line] == [1, 2, 3]
    assert [line["step"] for line in lines if "train/best" not in line] == [1, 2, 3]  # validations
    assert lines[-2]["train/best"] == lines[-1]["val/score"] == 1.0
    assert "seed: 5" in (run / "config.yaml").read_text()
    state = read(run)
    assert (state["step"], state["epoch"]) == (3, 3)
    for policy in state["module"]["population"]["policies"]:
        assert (run / "scripts" / f"{policy['id']}.py").read_text().startswith("def double")
    assert not list(run.rglob(".*"))  # no drafts are left


def test_the_same_seed_gives_the_same_run(tmp_path):
    def run(folder, seed):
        settings = {"executor": lp.InlineExecutor(), "progress": False, "seed": seed}
        trainer = lp.Trainer(
            "mutation", max_steps=6, batch_size=3, run_dir=tmp_path / folder, **settings
        )
        trainer.fit(double(), DATA, DATA)
        return read(tmp_path / folder)  # no time is in it

    assert run("a", 1) == run("b", 1)
    assert run("c", 2) != run("a2", 1)


def test_a_trained_function_comes_back_from_its_folder(make, tmp_path):
    make(Recited("return 2 * x"), max_epochs=1).fit(double(), DATA)
    loaded = lp.load(tmp_path / "run")
    loaded.executor = lp.InlineExecutor()
    assert loaded(21) == 42
    exported = loaded.export(tmp_path / "learned.py")
    assert exported.read_text() == "def double(x):\n    return 2 * x\n"


def test_a_folder_with_a_run_is_not_overwritten(make):
    make(Recited("return 0"), max_epochs=1).fit(double(), DATA)
    with pytest.raises(CheckpointError, match="holds a run already"):
        make(Recited("return 0"), max_epochs=1).fit(double(), DATA)


def test_runs_without_a_name_are_numbered(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        make(Recited("return 0"), max_epochs=1, run_dir=None).fit(double(), DATA)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["double", "double-2"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: (run / "checkpoint.json").write_text("{"), "can't be read"),
        (lambda run: (run / "checkpoint.json").write_text("[]"), "no checkpoint"),
        (lambda run: (run / "checkpoint.json").write_text('{"format": 99}'), "upgrade"),
        (lambda run: (run / "checkpoint.json").write_text('{"format": 1}'), "can't be read"),
        (lambda run: (run / "checkpoint.json").unlink(), "no complete run"),
        (lambda run: next((run / "scripts").iterdir()).unlink(), "no complete run"),
    ],
)
def test_a_damaged_run_is_refused_with_a_reason(make, tmp_path, damage, message):
    make(Recited("return 0"), max_epochs=1).fit(double(), DATA)
    damage(tmp_path / "run")
    with pytest.raises(CheckpointError, match=message):
        lp.load(tmp_path / "run")


def test_no_run_folder(tmp_path):
    with pytest.raises(CheckpointError, match="there is no run folder"):
        lp.load(tmp_path / "nothing")


def test_a_folder_that_cannot_be_written(make, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="can't be made"):
        make(Recited("return 0"), run_dir=tmp_path / "file" / "run").fit(double(), DATA)


def test_a_full_disk_keeps_what_was_learned(tmp_path):
    # In a process of its own: files that can't grow are what a full disk looks like to a program.
    program = """
        import resource, warnings, langprop as lp
        from langprop.errors import CheckpointError

        @lp.module
        def double(x: int) -> int:
            '''Double.'''
            return x

        class Fill(lp.Callback):
            def on_train_batch_end(self, trainer, module):
                if trainer.step == 2:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (100, -1))

        settings = {"executor": "inline", "progress": False, "run_dir": "run"}
        trainer = lp.Trainer(callbacks=[Fill()], **settings)
        with warnings.catch_warnings(record=True) as caught:
            try:
                trainer.fit(double, [((n,), 2 * n) for n in range(5)])
            except CheckpointError as error:
                print("intact" in str(error), str(caught[0].message).partition(":")[0])
        print(double.best.weight > 0)
        """
    pytest.importorskip("resource", reason="limits on files are a thing of Unix")
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(program))
    result = subprocess.run(
        [sys.executable, str(path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.stdout == "True JSONLogger failed, the run goes on\nTrue\n", result.stderr
    assert read(tmp_path / "run")["step"] == 1
    assert lp.load(tmp_path / "run").best is not None


# How it ends


def test_an_error_of_the_model_ends_the_run_saved(make, tmp_path):
    class Offline(Recited):
        def update(self, module):
            if not self.bodies:
                raise LLMError("no network")
            return super().update(module)

    module = double()
    with pytest.raises(LLMError, match="no network"):
        make(Offline("return 0", "return 2 * x")).fit(module, DATA)
    assert module.best.priority == 1.0
    assert "2 * x" in (tmp_path / "run" / "best.py").read_text()


def test_a_callback_that_raises_ends_the_run_saved(make, tmp_path):
    class Bad(lp.Callback):
        def on_train_batch_end(self, trainer, module):
            if trainer.step == 3:
                raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        make(Recited("return 0"), callbacks=[Bad()]).fit(double(), DATA)
    assert read(tmp_path / "run")["step"] == 3


def test_hooks_come_in_order(make):
    seen = []

    class Spy(lp.Callback):
        def __getattribute__(self, name):
            if name.startswith("on_"):
                return lambda *args: seen.append(name)
            return super().__getattribute__(name)

    make(Recited("return 0"), max_epochs=1, callbacks=[Spy()], run_dir=False).fit(
        double(), DATA, DATA
    )
    assert seen == [
        "on_fit_start",
        "on_train_start",
        "on_train_epoch_start",
        "on_train_batch_start",
        "on_train_batch_end",
        "on_validation_start",
        "on_validation_end",
        "on_train_epoch_end",
        "on_train_end",
        "on_fit_end",
    ]


def test_ctrl_c_ends_cleanly_with_the_best_so_far_saved(tmp_path):
    program = textwrap.dedent(
        """
        import os, signal, langprop as lp

        @lp.module(score=lambda output, label: output)
        def f(x: float) -> float:
            '''Be large.'''

        class Interrupt(lp.Callback):
            def on_train_batch_end(self, trainer, module):
                if trainer.step == 3:
                    print("ready", flush=True)

        settings = {"max_epochs": None, "progress": False, "run_dir": "run"}
        trainer = lp.Trainer(callbacks=[Interrupt()], **settings)
        best = trainer.fit(f, [((1.0,), None)])
        print("interrupted", trainer.interrupted, best is not None)
        """
    )
    path = tmp_path / "program.py"
    path.write_text(program)
    process = subprocess.Popen(
        [sys.executable, str(path)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "ready\n"
    os.kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert output == "interrupted True True\n"
    assert process.returncode == 0
    assert read(tmp_path / "run")["step"] >= 3
    assert (tmp_path / "run" / "best.py").exists()


def test_a_trained_function_runs_isolated_and_outlives_its_failures(make):
    module = double()
    body = "return os._exit(1) if x < 0 else (os.getpid(), 2 * x)"
    source = f"import os\ndef double(x):\n    {body}\n"
    module.population.add([lp.Script(source, "double")])
    for _ in range(4):
        with pytest.raises(lp.PolicyError, match="crash"):
            module(-1)
    pid, answer = module(21)
    assert answer == 42
    assert pid != os.getpid()
    with pytest.raises(lp.PolicyError, match=r"exception.*TypeError"):
        module("a", 1, 2)
    module.close()
    assert module(1)[1] == 2
    module.close()
