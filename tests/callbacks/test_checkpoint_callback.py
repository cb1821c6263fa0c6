"""Copies of checkpoints: which there are, and that runs go on from them."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

import langprop as lp
from langprop.callbacks import Checkpoint, LambdaCallback
from langprop.errors import CheckpointError, ConfigError
from langprop.trainer import RunDir


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def steps(folder, prefix="step-"):
    return [int(name[len(prefix) : -5]) for name in names(folder) if name.startswith(prefix)]


def test_regular_copies_and_how_many_stay(train, tmp_path):
    train(Checkpoint(every_n_steps=2, keep_last=2), max_epochs=3)
    assert names(tmp_path / "run" / "checkpoints") == ["step-000006.json", "step-000008.json"]


def test_without_numbers_there_is_one_per_epoch(train, tmp_path):
    train(Checkpoint(), max_epochs=3)
    assert steps(tmp_path / "run" / "checkpoints") == [3, 6, 9]


def test_all_stay_unless_told_otherwise_and_the_best_stay_beside_them(train, metric, tmp_path):
    values = (0.1, 0.5, 0.3, 0.5, 0.4, 0.0)
    train(metric(*values), Checkpoint(every_n_steps=3, monitor="mine", top_k=2))
    folder = tmp_path / "run" / "checkpoints"
    assert steps(folder) == [3, 6]
    assert steps(folder, "mine-step-") == [2, 4]


def test_of_equals_the_earlier_stays(train, metric, tmp_path):
    train(metric(1.0), Checkpoint(monitor="mine", top_k=1))
    assert names(tmp_path / "run" / "checkpoints") == ["mine-step-000001.json"]


def test_what_is_no_number_is_never_the_best(train, metric, tmp_path):
    train(metric(float("nan"), 0.1, float("nan")), Checkpoint(monitor="mine", top_k=5))
    assert steps(tmp_path / "run" / "checkpoints", "mine-step-") == [2, 5]


def test_validation_scores_are_read_after_validations(train, tmp_path):
    bodies = ("return 0", "return 2 * x if x < 2 else 0", "return 1", "return 3", "return 2 * x")
    val = [((n,), 2 * n) for n in range(1, 4)]
    train(Checkpoint(top_k=3), bodies=bodies, val=val, max_epochs=3, n_val=9)
    folder = tmp_path / "run" / "checkpoints"
    assert steps(folder, "val-score-step-") == [3, 6, 9]
    saved = [json.loads((folder / name).read_text()) for name in names(folder)]
    assert [state["metrics"]["val/score"] for state in saved] == [pytest.approx(1 / 3), 1, 1]


def test_a_copy_can_be_loaded_and_keeps_what_was_then(train, tmp_path):
    bodies = ("return 0", "return 0", "return 2 * x")
    train(Checkpoint(every_n_steps=1), bodies=bodies)
    folder = tmp_path / "run" / "checkpoints"
    assert lp.load(folder / "step-000001.json")(4) == 0
    assert lp.load(folder / "step-000006.json")(4) == 8
    assert lp.load(str(tmp_path / "run" / "checkpoint.json"))(4) == 8


def test_another_folder_has_its_own_scripts(train, tmp_path):
    train(Checkpoint(tmp_path / "elsewhere", every_n_steps=6), bodies=("return 2 * x",))
    (tmp_path / "run").rename(tmp_path / "gone")
    assert lp.load(tmp_path / "elsewhere" / "step-000006.json")(4) == 8


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 1}'])
def test_a_damaged_copy_is_told_of(text, tmp_path):
    path = tmp_path / "step-000001.json"
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        lp.load(path)
    path.write_text(text)
    with pytest.raises(CheckpointError, match="step-000001"):
        lp.load(path)


def test_a_damaged_copy_among_the_best_is_left_alone(train, metric, tmp_path):
    folder = tmp_path / "run" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "mine-step-000003.json").write_text("{")
    (folder / "mine-step-000000.json").mkdir()
    (folder / "mine-step-7.json").write_text("not ours")
    train(metric(0.1, 0.5, 0.3), Checkpoint(monitor="mine", top_k=1))
    assert steps(folder, "mine-step-") == [2, 3, 7]


def test_a_run_that_is_resumed_keeps_the_same_copies(train, metric, tmp_path):
    def callbacks():
        return (
            metric(0.1, 0.5, 0.3, 0.6, 0.4, 0.2),
            Checkpoint(every_n_steps=2, keep_last=2, monitor="mine", top_k=2),
        )

    def stop(trainer, module):
        if trainer.step == 4:
            raise KeyboardInterrupt

    train(*callbacks(), max_epochs=4, run_dir=tmp_path / "whole")
    killed = LambdaCallback(on_train_batch_end=stop)
    train(*callbacks(), killed, max_epochs=4)
    train(*callbacks(), max_epochs=4, resume=True)
    whole = tmp_path / "whole" / "checkpoints"
    assert names(tmp_path / "run" / "checkpoints") == names(whole)
    assert steps(whole) == [10, 12]
    assert steps(whole, "mine-step-") == [4, 10]


def test_killed_between_the_checkpoint_and_its_copy(train, tmp_path):
    train(Checkpoint(every_n_steps=3), max_epochs=1)
    copy = tmp_path / "run" / "checkpoints" / "step-000003.json"
    before = RunDir(tmp_path / "run").read()
    copy.unlink()
    train(Checkpoint(every_n_steps=3), max_epochs=2, resume=True)
    assert steps(tmp_path / "run" / "checkpoints") == [3, 6]
    after = RunDir(tmp_path / "run").read(file=copy)
    assert {**before[0], "stopped": ""} == {**after[0], "stopped": ""}


def test_copies_of_a_future_that_was_given_up_are_left_until_it_comes_again(train, tmp_path):
    train(Checkpoint(every_n_steps=1), max_epochs=2)
    folder = tmp_path / "run"
    old = (folder / "checkpoints" / "step-000002.json").read_bytes()
    (folder / "checkpoint.json").unlink()
    (folder / "checkpoint.json").write_bytes(old)  # as if resumed from that copy
    train(Checkpoint(every_n_steps=1, keep_last=1), max_steps=1, max_epochs=None, resume=True)
    # The limit is that of the run that is resumed: no step more.
    assert steps(folder / "checkpoints") == [2, 3, 4, 5, 6]


def test_a_copy_isnt_changed_by_what_comes_after_it(train, tmp_path):
    seen = {}

    def look(trainer, module):
        copy = tmp_path / "run" / "checkpoints" / "step-000002.json"
        if copy.exists():
            seen.setdefault(json.loads(copy.read_text())["step"], []).append(trainer.step)

    train(Checkpoint(every_n_steps=2), LambdaCallback(on_train_batch_end=look))
    assert seen == {2: [3, 4, 5, 6]}


@pytest.mark.skipif(not hasattr(os, "link"), reason="there are no links here")
def test_where_links_are_refused_there_are_copies(train, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("no links")

    monkeypatch.setattr(os, "link", refuse)
    train(Checkpoint(every_n_steps=6), bodies=("return 2 * x",))
    assert lp.load(tmp_path / "run" / "checkpoints" / "step-000006.json")(1) == 2


def test_a_full_disk_is_told_of_once_and_the_run_goes_on(train, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoints").write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="Checkpoint failed, the run goes on") as caught:
        trainer, _ = train(Checkpoint(every_n_steps=1))
    assert len(caught) == 1
    assert trainer.step == 6


def test_sigkill_at_any_time_leaves_whole_copies(tmp_path):
    program = """
        import langprop as lp
        from langprop.callbacks import Checkpoint, LambdaCallback

        @lp.module(score=lp.exact_match)
        def double(x: int) -> int:
            '''Double.'''
            return x

        class Same(lp.Optimizer):
            def setup(self, module):
                return [lp.Script("def double(x):\\n    return x", "double")]
            def update(self, module):
                return []

        say = LambdaCallback(on_train_batch_end=lambda trainer, module: print(1, flush=True))
        lp.Trainer(
            Same(), callbacks=[say, Checkpoint(every_n_steps=1, keep_last=3)], executor="inline",
            progress=False, run_dir="run", max_epochs=None,
        ).fit(double, [((n,), 2 * n) for n in range(5)])
        """
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(program))
    process = subprocess.Popen(
        [sys.executable, str(path)], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    for _ in range(30):
        assert process.stdout.readline() == "1\n"
    process.kill()
    process.wait()
    process.stdout.close()
    folder = tmp_path / "run" / "checkpoints"
    found = steps(folder)
    assert len(found) in (3, 4)
    for step in found:
        state, _ = RunDir(tmp_path / "run").read(file=folder / f"step-{step:06d}.json")
        assert state["step"] == step


def test_wrong_settings_are_refused(train):
    for settings in ({"every_n_steps": 0}, {"top_k": 0}, {"keep_last": 0}):
        with pytest.raises(ValueError, match="at least 1"):
            Checkpoint(**settings)
    with pytest.raises(ValueError, match="every_n_steps"):
        Checkpoint(top_k=1, keep_last=1)
    with pytest.raises(ConfigError, match="run_dir=False"):
        train(Checkpoint(), run_dir=False)
    with pytest.raises(ConfigError, match="no validation data"):
        train(Checkpoint(top_k=1), run_dir=None)


def test_two_that_write_the_same_files_are_refused(train, tmp_path):
    with pytest.raises(ConfigError, match="another folder"):
        train(Checkpoint(every_n_steps=1), Checkpoint(tmp_path / "run" / "checkpoints"))
    train(
        Checkpoint(every_n_steps=3),
        Checkpoint(monitor="train/best", top_k=1),
        Checkpoint(monitor="train/mean", top_k=1),
        run_dir=tmp_path / "other",
    )
    assert len(names(tmp_path / "other" / "checkpoints")) == 4


def test_an_unknown_metric_is_refused_with_the_nearest(train):
    with pytest.raises(ConfigError, match="Did you mean 'train/best'"):
        train(Checkpoint(monitor="train/bset", top_k=1))
