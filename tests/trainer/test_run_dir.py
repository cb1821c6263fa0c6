"""Run folders that somebody touched."""

import json

import pytest

import langprop as lp
from langprop.callbacks import Callback
from langprop.errors import CheckpointError, ConfigError, LangPropError, OutOfBudget
from langprop.trainer import RunDir


def double():
    @lp.module(score=lp.exact_match)
    def double(x: int) -> int:
        """Twice the number."""

    return double


DATA = [((n,), 2 * n) for n in range(12)]


def trainer_of(folder, **settings):
    optimizer = lp.MutationOptimizer(n_parents=2, n_children=2, capacity=3)
    given = {"batch_size": 4, "max_steps": 3, "progress": False, "executor": lp.InlineExecutor()}
    return lp.Trainer(optimizer, run_dir=folder, **{**given, **settings})


@pytest.mark.parametrize("name", ["config.yaml", "best.py", "metrics.jsonl", "scripts"])
def test_files_of_others_are_not_written_over(tmp_path, name):
    path = tmp_path / name
    path.mkdir() if name == "scripts" else path.write_text("module: mine\n")
    for resume in (False, True):
        with pytest.raises(CheckpointError, match=r"isn't of a run|holds a run"):
            trainer_of(tmp_path).fit(double(), DATA, resume=resume)
    assert not (tmp_path / "checkpoint.json").exists()
    if name != "scripts":
        assert path.read_text() == "module: mine\n"


def test_other_files_in_the_folder_are_no_matter(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    trainer_of(tmp_path).fit(double(), DATA)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_checkpoint_that_is_gone_is_missed(tmp_path):
    trainer_of(tmp_path / "run").fit(double(), DATA)
    (tmp_path / "run/checkpoint.json").unlink()
    with pytest.raises(CheckpointError, match=r"missing. The one before is kept: resume='previous"):
        trainer_of(tmp_path / "run").fit(double(), DATA, resume=True)
    with pytest.raises(CheckpointError, match=r"holds a run already"):
        trainer_of(tmp_path / "run").fit(double(), DATA)
    trainer_of(tmp_path / "run").fit(double(), DATA, resume="previous")
    for name in ("checkpoint.json", "checkpoint.previous.json"):
        (tmp_path / "run" / name).unlink()
    with pytest.raises(CheckpointError, match=r"missing. Name another run_dir"):
        trainer_of(tmp_path / "run").fit(double(), DATA, resume=True)


def test_a_script_that_was_changed_is_not_trained_on(tmp_path):
    trainer_of(tmp_path / "run").fit(double(), DATA)
    state, sources = RunDir(tmp_path / "run").read()
    assert state["step"] == 3
    for text in ("def double(x):\n    return 'EVIL'\n", ""):
        for name, source in sources.items():
            (tmp_path / f"run/scripts/{name}.py").write_text(text)
            with pytest.raises(CheckpointError, match=rf"{name}.py isn't what was saved"):
                trainer_of(tmp_path / "run").fit(double(), DATA, resume=True)
            (tmp_path / f"run/scripts/{name}.py").write_text(source)
    assert lp.load(tmp_path / "run").source in sources.values()


def test_a_checkpoint_that_was_changed_is_told(tmp_path):
    trainer_of(tmp_path / "run").fit(double(), DATA)
    path = tmp_path / "run/checkpoint.json"
    whole = path.read_text()
    path.write_text(whole.replace('"step": 3', '"step": 4'))
    with pytest.raises(CheckpointError, match=r"isn't what was written: .*resume='previous'"):
        lp.load(tmp_path / "run")
    state = json.loads(whole)
    del state["digest"], state["sources"]  # of an older version
    path.write_text(json.dumps(state))
    assert lp.load(tmp_path / "run").best is not None


@pytest.mark.parametrize("evaluations", [100, 130, 170, 210])
def test_a_run_that_a_budget_ended_stays_as_it_is(tmp_path, evaluations):
    budget = lp.Budget(evaluations=evaluations)
    trainer_of(tmp_path / "run", max_steps=None, budget=budget).fit(double(), DATA)
    whole = (tmp_path / "run/checkpoint.json").read_bytes()
    for _ in range(2):
        again = trainer_of(tmp_path / "run", max_steps=None, budget=budget)
        again.fit(double(), DATA, resume=True)
        assert again.stopped.startswith("budget")
        assert (tmp_path / "run/checkpoint.json").read_bytes() == whole
    more = trainer_of(tmp_path / "run", max_steps=None, budget=lp.Budget(evaluations=500))
    more.fit(double(), DATA, resume=True)
    assert more.evaluations > evaluations


def test_a_budget_that_does_not_cover_the_first_step_is_an_error():
    with pytest.raises(OutOfBudget, match=r"doesn't cover the first step"):
        trainer_of(False, budget=lp.Budget(evaluations=3)).fit(double(), DATA)


def test_settings_that_changed_are_told_when_a_run_is_resumed(tmp_path):
    trainer_of(tmp_path / "run").fit(double(), DATA)
    for settings, what in (({"seed": 9}, "the seed"), ({"batch_size": 6}, "the batch size")):
        with pytest.raises(CheckpointError, match=rf"{what} changed"):
            trainer_of(tmp_path / "run", **settings).fit(double(), DATA, resume=True)
    other = trainer_of(tmp_path / "run")
    other.optimizer = lp.MutationOptimizer(n_parents=2, n_children=2, capacity=5)
    with pytest.raises(CheckpointError, match=r"the optimizer changed"):
        other.fit(double(), DATA, resume=True)


def test_a_step_is_logged_although_a_callback_raises(tmp_path):
    class Bad(Callback):
        def on_train_batch_end(self, trainer, module):
            if trainer.step == 2:
                raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        trainer_of(tmp_path / "run", callbacks=[Bad()]).fit(double(), DATA)
    trainer_of(tmp_path / "run").fit(double(), DATA, resume=True)
    lines = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2, 3]


def test_the_first_error_is_the_one_that_is_raised():
    class Bad(Callback):
        def on_train_batch_end(self, trainer, module):
            raise ValueError("first")

        def on_fit_end(self, trainer, module):
            raise OSError("second")

    with pytest.raises(ValueError, match="first"):
        trainer_of(False, callbacks=[Bad()]).fit(double(), DATA)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"callbacks": [lp.EarlyStopping]}, r"the class EarlyStopping: write EarlyStopping\(…\)"),
        ({"callbacks": [3]}, r"callbacks must hold Callback objects, but got 3"),
        ({"loggers": ["nonsense"]}, r"there is no logger named 'nonsense'"),
        ({"loggers": [3]}, r"loggers must hold Logger objects"),
        ({"seed": -1}, r"seed must be a whole number"),
        ({"seed": "3"}, r"seed must be a whole number"),
        ({"seed": None}, r"seed must be a whole number"),
        ({"max_steps": "3"}, r"max_steps must be a whole number, 1 or more, but got '3'"),
        ({"max_epochs": True}, r"max_epochs must be a whole number"),
        ({"batch_size": 2.0}, r"batch_size must be a whole number"),
        ({"n_val": None}, r"n_val must be a whole number"),
        ({"n_val": 0}, r"n_val must be at least 1, but got 0"),
        ({"val_interval": [3]}, r"val_interval must be a whole number"),
        ({"workers": "2", "executor": "local"}, r"workers must be a whole number"),
        ({"max_time": "60"}, r"max_time must be a finite number"),
        ({"max_time": 0}, r"max_time must be a positive number of seconds"),
        ({"limit_batches": "0.5"}, r"limit_batches must be a whole number of batches"),
        ({"fast_dev_run": "yes"}, r"fast_dev_run must be a whole number"),
        ({"limits": {"time": 1}}, r"limits must be such as Limits\(time=10\)"),
        ({"executor": lp.InlineExecutor}, r"an Executor or the name of one, .*InlineExecutor: wri"),
        ({"executor": 3}, r"an Executor or the name of one, but got 3"),
        ({"callbacks": 3}, r"callbacks must hold Callback objects, but got 3"),
    ],
)
def test_wrong_things_are_refused_at_once(settings, message):
    with pytest.raises(ValueError, match=message) as caught:
        trainer_of(False, **settings)
    assert isinstance(caught.value, LangPropError)


def test_a_folder_and_an_optimizer_of_another_kind_are_refused():
    with pytest.raises(ConfigError, match=r"run_dir must be the path of a folder.*but got True"):
        trainer_of(True)
    with pytest.raises(ConfigError, match=r"the class MutationOptimizer: write it with"):
        lp.Trainer(lp.MutationOptimizer)
    with pytest.raises(ConfigError, match=r"optimizer must be an Optimizer.*but got 3"):
        lp.Trainer(3)


def test_numbers_of_numpy_are_as_good(tmp_path):
    import numpy as np

    numbers = {"max_steps": np.int64(2), "batch_size": np.int32(4), "seed": np.uint8(3)}
    trainer = trainer_of(tmp_path / "run", **numbers, limit_batches=np.float64(0.5))
    trainer.fit(double(), DATA)
    assert trainer.step == 2
    assert "seed: 3\n" in (tmp_path / "run/config.yaml").read_text()


def test_training_within_training_is_refused(tmp_path):
    trainer = trainer_of(tmp_path / "run")

    class Again(Callback):
        def on_train_batch_end(self, trainer, module):
            if trainer.step == 2:
                trainer.fit(module, DATA)

    trainer.callbacks.append(Again())
    module = double()
    with pytest.raises(ConfigError, match=r"is training already.*trainer\.stop\(reason\)"):
        trainer.fit(module, DATA)
    assert trainer.step == 2  # what was learned before is there
    trainer.callbacks.pop()
    trainer.fit(module, DATA)
    assert trainer.step == 5


def test_lines_of_figures_that_are_none_are_left_out(tmp_path):
    trainer_of(tmp_path / "run").fit(double(), DATA)
    with (tmp_path / "run/metrics.jsonl").open("a") as file:
        file.write('3\n[1]\n{"step": 4, "train/be')
    assert [line["step"] for line in RunDir(tmp_path / "run").metrics()] == [1, 2, 3]
    assert list(RunDir(tmp_path / "run").by_step()) == [1, 2, 3]


def test_there_are_so_many_ways_to_resume_and_no_more(tmp_path):
    for how in ("prev", None, 1):
        with pytest.raises(ConfigError, match=r"resume must be True, False, 'previous'"):
            trainer_of(tmp_path / "run").fit(double(), DATA, resume=how)
