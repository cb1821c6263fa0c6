"""The file with the best script."""

import warnings

import pytest

import langprop as lp
from langprop.callbacks import LambdaCallback, SaveBest
from langprop.errors import ConfigError

BODIES = ("return 0", "return 2 * x if x < 5 else 0", "return 2 * x")


def test_it_is_replaced_when_there_is_a_better_one(train, tmp_path):
    path, seen = tmp_path / "out" / "best.py", []
    look = LambdaCallback(on_train_batch_end=lambda *_: seen.append(path.read_text()))
    _, module = train(SaveBest(path), look, bodies=BODIES)
    assert len(set(seen)) == 2  # after the first step, the second script is the best
    assert path.read_text() == module.source
    assert [each.name for each in path.parent.iterdir()] == ["best.py"]


def test_with_a_metric_only_better_readings_count_also_when_resumed(train, metric, tmp_path):
    path = tmp_path / "best.py"

    def step(number, resume):
        values = metric(0.5, 0.9, 0.7)
        train(values, SaveBest(path, monitor="mine"), max_steps=number, resume=resume)
        return path.stat().st_mtime_ns, path.exists()

    step(2, resume=False)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        step(3, resume=True)  # 0.7 is less than 0.9


def test_validation_decides_where_there_is_one(train, tmp_path):
    path = tmp_path / "best.py"
    bodies = ("return {n: 2 * n for n in range(12)}.get(x)", "return 2 * x if x else None")
    val = [((n,), 2 * n) for n in range(20, 25)]
    _, module = train(SaveBest(path, monitor="val/score"), bodies=bodies, val=val, n_val=2)
    assert path.read_text() == module.source
    assert "if x else None" in module.source


def test_a_link_stays_a_link(train, tmp_path):
    (tmp_path / "real.py").write_text("")
    (tmp_path / "link.py").symlink_to(tmp_path / "real.py")
    train(SaveBest(tmp_path / "link.py"))
    assert (tmp_path / "link.py").is_symlink()
    assert "def double" in (tmp_path / "real.py").read_text()


def test_what_can_never_work_is_told_before_the_training(train, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match=r"folder: write '.*best\.py'"):
        train(SaveBest(tmp_path / "folder"))
    with pytest.raises(ConfigError, match="can't write"):
        train(SaveBest(tmp_path / "file" / "best.py"))
    with pytest.raises(ConfigError, match="no validation data"):
        train(SaveBest(tmp_path / "best.py", monitor="val/score"))


def test_a_failure_is_told_of_once_and_tried_again_at_the_end(train, tmp_path):
    path = tmp_path / "out" / "best.py"

    def spoil(trainer, module):
        if trainer.step == 0:
            path.parent.rmdir()
            path.parent.write_text("in the way")
        elif trainer.step == 5:
            path.parent.unlink()
            path.parent.mkdir()

    with pytest.warns(UserWarning, match=r"the run goes on: .* The best script is in .*best\.py"):
        _, module = train(SaveBest(path), LambdaCallback(on_train_batch_start=spoil), bodies=BODIES)
    assert path.read_text() == module.source

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        spoiled = LambdaCallback(on_train_batch_start=lambda *_: path.unlink(missing_ok=True))
        save = SaveBest(path)
        block = LambdaCallback(on_fit_start=lambda *_: path.parent.rename(tmp_path / "away"))
        trainer, _ = train(save, block, spoiled, bodies=BODIES, run_dir=False)
    assert [str(each.message).partition(":")[0] for each in caught] == [
        f"SaveBest can't write {path}, the run goes on"
    ]
    assert trainer.step == 6


def test_it_can_be_added_when_a_run_is_resumed(train, tmp_path):
    train(max_epochs=1)
    train(SaveBest(tmp_path / "best.py"), max_epochs=2, resume=True)
    assert (tmp_path / "best.py").exists()


def test_ctrl_c_before_the_first_step_writes_nothing(train, tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt

    train(SaveBest(tmp_path / "best.py"), LambdaCallback(on_train_batch_start=interrupt))
    assert not (tmp_path / "best.py").exists()


def test_scripts_that_call_others_are_written_with_them(train, tmp_path):
    @lp.module
    def helper(x: int) -> int:
        """Double."""
        return 2 * x

    @lp.module(score=lp.exact_match, depends=[helper])
    def double(x: int) -> int:
        """Double."""
        return helper(x)

    train(SaveBest(tmp_path / "best.py"), optimizer="mutation", module=double, max_steps=1)
    names = {}
    exec(compile((tmp_path / "best.py").read_text(), "best", "exec"), names)
    assert "helper" in (tmp_path / "best.py").read_text()
    assert callable(names["double"])
