"""`langprop replay`, as a user types it."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from langprop.cli.main import main
from langprop.cli.repeated import verdict
from langprop.cli.replay import replayed
from langprop.trainer.run_dir import RunDir

# Two programs that run at the same moment hardly answer the same; if they do, nothing is lost.
MODEL = r"""
import os, sys, time
sys.stdin.read()
number = (time.time_ns() // 1000 + os.getpid()) % 97 + 2
print(f"```python\ndef double(x: int) -> int:\n    return x * 2 - (x % {number} == 0)\n```")
"""


@pytest.fixture
def asked(finished, tmp_path, monkeypatch, capsys):
    """A run in which a model was asked, whose program is gone then."""
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "model.py"
    program.write_text(MODEL)
    task = f"{tmp_path}/task.py"  # a module of its own, which isn't trained yet
    shutil.copy(finished / "task/task.py", task)
    code = main(
        ["fit", f"{task}:double", f"--train={task}:train", f"--val={task}:val", "--batch_size=4",
         "--max_steps=2", "--progress=false", "--run_dir=asked",
         "--optimizer=langprop.LLMOptimizer", f"--optimizer.llm=command:{sys.executable} {program}",
         "--optimizer.n_parents=1", "--optimizer.n_children=2"]
    )  # fmt: skip
    assert code == 0
    capsys.readouterr()
    program.unlink()
    return tmp_path / "asked"


def test_a_run_without_a_model_is_taken_again(run, call):
    code, out, err = call("replay", "runs/double", "--into", "again")
    assert (code, err) == (0, "")
    assert "identical: step 3, " in out
    assert "the replay is in again" in out
    again = json.loads((run.parents[1] / "again/checkpoint.json").read_text())
    state = json.loads((run / "checkpoint.json").read_text())
    assert again["module"] == state["module"]
    code, _, err = call("replay", "runs/double", "--into", "again")
    assert code == 1
    assert "holds a run already" in err


def test_a_model_is_not_asked_again(asked, call):
    code, out, err = call("replay", "asked")
    assert (code, err) == (0, "")
    assert "identical: step 2, " in out


def test_a_recording_that_lacks_a_reply_is_told(asked, call):
    lines = (asked / "exchanges.jsonl").read_text().splitlines()
    (asked / "exchanges.jsonl").write_text(lines[0] + "\n")
    code, out, _ = call("replay", "asked")
    assert code == 1
    assert "not the same" in out
    (asked / "exchanges.jsonl").unlink()
    code, out, err = call("replay", "asked")
    assert code == 1
    assert "can't be read" in err


def test_the_first_difference_is_told(run, finished, tmp_path, call):
    path = run / "metrics.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        if "train/best" in line and line["step"] > 1:
            line["train/best"] += 1
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    state = json.loads((run / "checkpoint.json").read_text())
    state["module"]["population"]["policies"][0]["trackers"]["main"]["past_priority"] = 7
    state.pop("digest", None)  # of what it was
    (run / "checkpoint.json").write_text(json.dumps(state))
    (run / "checkpoint.previous.json").unlink()
    code, out, _ = call("replay", "runs/double", "--into=again")
    assert code == 1
    assert "not the same: first difference in step 2: train/best was" in out
    path.unlink()
    same, words = verdict(RunDir(run), RunDir("again"))
    assert not same
    assert "trackers of policy" in words
    del state["module"]["population"]["policies"][0]
    state.pop("digest", None)  # of what it was
    (run / "checkpoint.json").write_text(json.dumps(state))
    assert "none gone, " in verdict(RunDir(run), RunDir("again"))[1]


def test_a_run_that_was_killed_before_its_first_step_is_taken_again(run, call):
    state = json.loads((run / "checkpoint.json").read_text())
    state["step"] = 0
    state.pop("digest", None)  # of what it was
    (run / "checkpoint.json").write_text(json.dumps(state))
    code, out, _ = call("replay", "runs/double", "--into=start")
    assert code == 1
    assert "the replay ended before step 1" in out
    start = run.parents[1] / "start"
    first = json.loads((start / "checkpoint.json").read_text())
    assert first["step"] == 0
    for name in ("checkpoint.json", "checkpoint.previous.json"):
        (run / name).write_text((start / "checkpoint.json").read_text())
    (run / "metrics.jsonl").unlink()
    code, out, _ = call("replay", "runs/double")
    assert code == 0
    assert "identical: step 0" in out


def test_mistakes_in_replaying_are_told(run, finished, call):
    text = (run / "fit.yaml").read_text()
    task = f"{finished}/task/task.py"
    assert "there is no run folder" in call("replay", "nowhere")[2]
    assert call("replay")[0] == 2
    (run / "fit.yaml").write_text(text.replace(f"{task}:double", "/gone/task.py:double"))
    code, _, err = call("replay", "runs/double")
    assert code == 1
    assert "If it has moved: --module" in err
    assert call("replay", "runs/double", f"--module={task}:double")[0] == 0
    (run / "fit.yaml").write_text(text + "max_epochs: many\nlimits: {time: -1}\n")
    assert call("replay", "runs/double")[0] in (1, 2)
    (run / "fit.yaml").unlink()
    code, _, err = call("replay", "runs/double")
    assert code == 1
    assert "Trainer('replay:runs/double', …)" in err


MUTATION = {"class_path": "langprop.MutationOptimizer"}
LLM = "langprop.LLMOptimizer"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("mutation", "mutation"),
        ("openai:gpt-5-mini", "replay:r"),
        ("llm:openai:m", "llm:replay:r"),
        ("langprop.optim.mutation:MutationOptimizer", "langprop.optim.mutation:MutationOptimizer"),
        ("langprop.llms.openai:OpenAILLM", "replay:r"),
        (MUTATION, MUTATION),
        ({"class_path": "langprop.OpenAILLM", "init_args": {"model": "m"}}, "replay:r"),
        (
            {"class_path": LLM, "init_args": {"llm": "openai:m", "n_parents": 2}},
            {"class_path": LLM, "init_args": {"llm": "replay:r", "n_parents": 2}},
        ),
        (
            {"class_path": LLM, "init_args": {"llm": {"class_path": "x"}}},
            {"class_path": LLM, "init_args": {"llm": "replay:r"}},
        ),
        (None, None),
    ],
)
def test_the_recording_takes_the_place_of_the_model(given, wanted):
    assert replayed(given, Path("r")) == wanted
