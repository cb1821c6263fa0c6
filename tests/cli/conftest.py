"""Runs that tests of the command line look at; each test gets its own copy."""

import shutil
import textwrap

import pytest

from langprop.cli.main import main

PROGRAM = """
import langprop as lp

@lp.module
def double(x: int) -> int:
    '''Return twice the number.'''
    return x + x

train = [((n,), 2 * n) for n in range(1, 9)]
val = [((n,), 2 * n) for n in range(10, 16)]
test = [((n,), 2 * n) for n in range(20, 30)]
not_a_module = 3

def nobody() -> list:
    raise RuntimeError("no data today")

@lp.module
def other(x: int) -> int:
    '''Another function.'''
    return x
"""


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A folder with task/task.py and a finished run, runs/double, whose best policy is right."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "task").mkdir()
    (folder / "task/task.py").write_text(textwrap.dedent(PROGRAM))
    splits = [f"--{split}={folder}/task/task.py:{split}" for split in ("train", "val", "test")]
    code = main(
        ["fit", f"{folder}/task/task.py:double", *splits, "--batch_size=4", "--max_steps=3",
         "--limits.time=0.3", "--limits.failures=1", "--progress=false",
         "--optimizer=langprop.MutationOptimizer", "--optimizer.n_parents=2",
         "--optimizer.n_children=3", f"--run_dir={folder}/runs/double"]
    )  # fmt: skip
    assert code == 0
    return folder


@pytest.fixture
def run(finished, tmp_path, monkeypatch):
    """A copy of the finished run, in the current folder, as runs/double."""
    shutil.copytree(finished / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs/double"


@pytest.fixture
def call(capsys):
    """Runs a command in this process; returns exit code, standard output and standard error."""

    def call(*arguments):
        try:
            code = main(list(arguments))
        except SystemExit as end:
            code = end.code
        text = capsys.readouterr()
        return code, text.out, text.err

    return call
