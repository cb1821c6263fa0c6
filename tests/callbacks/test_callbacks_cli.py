"""Callbacks named in a configuration."""

import pytest

from langprop.cli.main import main

TASK = '''
import langprop as lp

@lp.module(score=lp.exact_match)
def double(x: int) -> int:
    """Double."""
    return x

train = [((n,), 2 * n) for n in range(8)]
'''

CONFIG = """
module: task.py:double
train: task.py:train
executor: inline
max_epochs: 2
batch_size: 4
run_dir: run
callbacks:
  - class_path: langprop.callbacks.Checkpoint
    init_args: {every_n_steps: 2, keep_last: 1}
  - class_path: langprop.callbacks.TimeLimit
    init_args: {duration: "01:00:00:00"}
  - class_path: langprop.callbacks.SaveBest
    init_args: {path: best.py}
  - class_path: langprop.callbacks.PrintBest
    init_args: {interval: 0}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "task.py").write_text(TASK)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def test_they_are_made_from_a_configuration(folder, capsys):
    assert main(["fit", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "double after step 1: train" in out
    assert "step 4/4" in out
    assert [path.name for path in (folder / "run" / "checkpoints").iterdir()] == [
        "step-000004.json"
    ]
    assert "def double" in (folder / "best.py").read_text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("every_n_steps: 2, keep_last: 1", "top_k: 1", "no validation data"),
        ("every_n_steps: 2, keep_last: 1", "top_k: 0", "at least 1"),
        ('"01:00:00:00"', '"12 h"', "00:12:00:00"),
        ("path: best.py", "path: .", "is a folder"),
    ],
)
def test_what_is_wrong_with_them_is_said_in_a_line(folder, capsys, old, new, said):
    (folder / "config.yaml").write_text(CONFIG.replace(old, new))
    assert main(["fit", str(folder)]) == 1
    assert said in capsys.readouterr().err


def test_a_fast_dev_run_keeps_nothing(folder):
    (folder / "best.py").write_text("of a real run")
    assert main(["fit", str(folder), "--fast_dev_run", "true"]) == 0
    assert (folder / "best.py").read_text() == "of a real run"
    assert not (folder / "run").exists()
