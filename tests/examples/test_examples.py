"""The examples train, as the README says they do."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def fit(folder, name, *options):
    return subprocess.run(
        [sys.executable, "-m", "langprop", "fit", str(EXAMPLES / name), *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("cartpole", "return over fresh episodes: "),
        ("factorial", "test score: 1 over 61 samples"),
        ("sudoku", "test score: "),
    ],
)
def test_training_reaches_its_target(name, result, tmp_path):
    run = fit(tmp_path, name, "--run_dir=run")
    assert run.returncode == 0, run.stderr
    assert "stopped: val/score reached" in run.stdout
    assert result in run.stdout
    assert (tmp_path / "run" / "best.py").exists()


@pytest.mark.parametrize("name", ["cartpole", "factorial", "sudoku"])
def test_a_step_of_each_example(name, tmp_path):
    run = fit(tmp_path, name, "--max_steps=1")
    assert run.returncode == 0, run.stderr
    assert "saved in runs/" in run.stdout
