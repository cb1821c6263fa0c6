"""`langprop compare`, as a user types it."""

import json
import re
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from langprop.cli.main import main
from langprop.testing.server import ScriptedServer

PROGRAM = """
import langprop as lp

def closeness(output, label):
    return 1.0 / (1.0 + abs(output - label))

@lp.module(score=closeness)
def follow(number: int) -> int:
    '''Return the number after this one.'''

train = [((n,), n + 1) for n in range(6)]
test = [((n,), n + 1) for n in range(20, 24)]
"""

CONFIG = """
module: task.py:follow
train: task.py:train
val: task.py:train
test: task.py:test
optimizer: mutation
isolation: none
progress: false
"""

COMPARE = """
optimizers:
  edits:
    class_path: langprop.MutationOptimizer
    init_args: {n_parents: 2, n_children: 2, capacity: 2}
  scratch: random
seeds: [3, 5]
target: 1.0
budget: {evaluations: 300}
"""


@pytest.fixture
def task(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "task"
    folder.mkdir()
    (folder / "task.py").write_text(textwrap.dedent(PROGRAM))
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "models.yaml").write_text(CONFIG.replace("optimizer: mutation\n", "") + COMPARE)
    return tmp_path


def test_a_table_files_and_going_on(task, capsys):
    command = ["compare", "task", "--optimizers", "mutation,mine=random"]
    assert main([*command, "--seeds", "2", "--budget.evaluations", "300"]) == 0
    text = capsys.readouterr().out
    assert "mutation, seed 0: test score" in text
    assert "mutation against mine: " in text
    assert "saved in runs/compare-follow" in text
    data = json.loads((task / "runs/compare-follow/comparison.json").read_text())
    assert data["optimizers"] == ["mutation", "mine"]
    assert data["seeds"] == [0, 1]
    assert all(trial["evaluations"] <= 300 for trial in data["trials"])
    assert len((task / "runs/compare-follow/trials.csv").read_text().splitlines()) == 5

    scores = [trial["score"] for trial in data["trials"]]
    assert main(["compare", "--resume", "runs/compare-follow", "--seeds", "3"]) == 0
    data = json.loads((task / "runs/compare-follow/comparison.json").read_text())
    assert [trial["score"] for trial in data["trials"]][:4] == scores
    assert data["seeds"] == [0, 1, 2]

    assert main([*command, "--run_dir", "runs/compare-follow"]) == 1
    assert "holds a comparison already" in capsys.readouterr().err


def test_a_file_names_optimizers_with_their_settings(task, capsys):
    assert main(["compare", "task/models.yaml"]) == 0
    text = capsys.readouterr().out
    assert "follow: 2 seeds; each run: budget 300 evaluations, target 1" in text
    assert "edits against scratch" in text
    config = (task / "runs/compare-follow/edits/seed-5/config.yaml").read_text()
    assert "n_children: 2" in config
    assert "solved" in text


def test_a_model_with_and_without_feedback(task, capsys, monkeypatch):
    def answer(request):
        text = "number + 1" if "number + 9" in request.prompt else "number + 9"
        return f"```python\ndef follow(number):\n    return {text}\n```"

    with ScriptedServer(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdefghijklmn")
        names = "best_of_n:openai:m,openai:m,lost=openai:other"
        arguments = ["compare", "task", "--optimizers", names, "--seeds=2"]
        assert main([*arguments, "--budget.evaluations=100", "--estimate"]) == 0
        assert "best_of_n:openai:m, each of 2 runs" in capsys.readouterr().out
        assert not server.requests
        server.models = ["m"]
        assert main([*arguments, "--budget.evaluations=100"]) == 1  # one has no run
    text = capsys.readouterr().out
    assert "openai:m against best_of_n:openai:m: feedback helped: +0.8889" in text
    assert "lost failed with seed 0, 1: LLMNotFoundError" in text
    folder = task / "runs/compare-follow"
    assert (folder / "openai-m/seed-0/exchanges.jsonl").exists()
    for path in folder.rglob("*.*"):
        assert b"0123456789abc" not in path.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["task"], "name what to compare"),
        (["task", "--optimizers", "mutation,mutation"], "twice"),
        (["task", "--optimizers", "mutatoin"], "Did you mean 'mutation'?"),
        (["task", "--optimizers", "mutation", "--seeds", "0"], "seeds must be at least 1"),
        (["task", "--optimizers", "mutation", "--budget.calls", "9"], "asks no model"),
        (["--optimizers", "mutation"], "langprop compare TARGET"),
        (["--resume", "task"], "holds no compare.yaml"),
        (["nothing", "--optimizers", "mutation"], "no folder"),
    ],
)
def test_wrong_calls(task, capsys, arguments, words):
    assert main(["compare", *arguments]) == 1
    assert words in capsys.readouterr().err
    assert not (task / "runs").exists()


def test_an_option_that_there_is_not(task, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["compare", "task", "--optimizer_s", "mutation"])
    assert ended.value.code == 2
    assert "optimizer" in capsys.readouterr().err


def test_control_c_prints_what_there_is(task):
    command = ["compare", "task", "--optimizers", "mutation,random", "--budget.evaluations=400"]
    process = subprocess.Popen(
        [sys.executable, "-m", "langprop", *command, "--seeds=2", "--isolation=auto"],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    lines = [process.stdout.readline()]  # the first run has ended
    end = time.monotonic() + 60
    while not (task / "runs/compare-follow/random/seed-0/checkpoint.json").exists():
        assert time.monotonic() < end
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    text = lines[0] + process.communicate(timeout=60)[0]
    if process.returncode == 0:  # it was quicker
        pytest.skip("all runs had ended")
    assert process.returncode == 130
    assert re.search(r"^mutation +1/2 ", text, re.MULTILINE)
    assert "interrupted" in text
    assert "go on with  langprop compare --resume runs/compare-follow" in text
