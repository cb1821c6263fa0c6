"""Run folders that somebody touched."""

import json

import pytest

import langprop as lp
from langprop.callbacks import Callback
from langprop.errors import CheckpointError, ConfigError, OutOfBudget
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
    ],
)
def test_wrong_things_are_refused_at_once(settings, message):
    with pytest.raises(ValueError, match=message):
        trainer_of(False, **settings)


def test_there_are_so_many_ways_to_resume_and_no_more(tmp_path):
    for how in ("prev", None, 1):
        with pytest.raises(ConfigError, match=r"resume must be True, False, 'previous'"):
            trainer_of(tmp_path / "run").fit(double(), DATA, resume=how)
