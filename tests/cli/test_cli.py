"""The command line, as a user types it."""

import json
import subprocess
import sys
import textwrap

import pytest

from langprop.cli.main import main

PROGRAM = """
import langprop as lp

@lp.module
def double(x: int) -> int:
    '''Return twice the number.'''
    return x

train = [((n,), 2 * n) for n in range(1, 9)]
not_a_module = 3
"""

CONFIG = """
module: task.py:double
train: task.py:train
val: task.py:train
optimizer: mutation
max_steps: 30
callbacks:
  - class_path: langprop.EarlyStopping
    init_args: {monitor: val/score, target: 1.0}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    task = tmp_path / "task"
    task.mkdir()
    (task / "task.py").write_text(textwrap.dedent(PROGRAM))
    (task / "config.yaml").write_text(CONFIG)
    return tmp_path


def langprop(*arguments, **settings):
    return subprocess.run(
        [sys.executable, "-m", "langprop", *arguments],
        capture_output=True, text=True, timeout=120, check=False, **settings,
    )  # fmt: skip


def test_fit_show_export(folder):
    result = langprop("fit", "task", "--seed", "3", "--batch_size=4")
    assert result.returncode == 0, result.stderr
    assert "def double(x: int) -> int:" in result.stdout
    assert "saved in runs/double" in result.stdout
    assert "mutation" in result.stdout

    result = langprop("show", "runs/double")
    assert result.returncode == 0, result.stderr
    assert "lineage" in result.stdout
    assert "priority" in result.stdout

    result = langprop("export", "runs/double", "learned.py")
    assert result.returncode == 0, result.stderr
    namespace = {}
    exec((folder / "learned.py").read_text(), namespace)
    assert namespace["double"](21) == 42
    assert "langprop" not in (folder / "learned.py").read_text().split("\n\n", 1)[1]

    result = langprop("export", "runs/double", "learned.py")
    assert result.returncode == 1
    assert "--force" in result.stderr
    assert langprop("export", "runs/double").stdout == (folder / "learned.py").read_text()

    assert "langprop show" in langprop("fit", "runs/double").stderr

    state = json.loads((folder / "runs/double/checkpoint.json").read_text())
    best = state["module"]["population"]["champion"]["id"]
    assert langprop("show", "runs/double", "--policy", best[:6]).returncode == 0
    assert "begins with 'zzz'" in langprop("show", "runs/double", "--policy", "zzz").stderr


def test_options_override_the_file_and_reach_nested_settings(folder):
    result = langprop(
        "fit", "task", "--optimizer=langprop.MutationOptimizer", "--optimizer.n_children=2",
        "--limits.time=0.5", "--max_steps=1", "--run_dir=mine",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    config = (folder / "mine/config.yaml").read_text()
    assert "n_children: 2" in config
    assert "time: 0.5" in config


def test_no_run_folder_if_none_is_wanted(folder):
    result = langprop("fit", "task", "--max_steps=1", "--run_dir=false")
    assert result.returncode == 0, result.stderr
    assert [path.name for path in folder.iterdir()] == ["task"]


def test_a_run_is_resumed_by_its_folder(folder):
    (folder / "task/config.yaml").write_text(CONFIG.partition("callbacks:")[0])
    first = langprop("fit", "task", "--max_steps=2", "--run_dir=mine", "--batch_size=3")
    assert first.returncode == 0, first.stderr
    assert "max_steps: 2" in (folder / "mine/fit.yaml").read_text()
    again = langprop("fit", "--resume", "mine", "--max_steps=4", cwd=folder)
    assert again.returncode == 0, again.stderr
    assert json.loads((folder / "mine/checkpoint.json").read_text())["step"] == 4
    other = langprop("fit", "task", "--resume=mine", "--max_steps=5", "--batch_size=3")
    assert other.returncode == 0, other.stderr
    assert json.loads((folder / "mine/checkpoint.json").read_text())["step"] == 5
    nothing = langprop("fit", "--resume", "nowhere")
    assert nothing.returncode == 1
    assert "langprop fit TARGET --resume nowhere" in nothing.stderr


def test_data_comes_from_files(folder):
    (folder / "task/numbers.csv").write_text(
        "x,label\n" + "".join(f"{n},{2 * n}\n" for n in range(9))
    )
    (folder / "task/more.jsonl").write_text('{"x": 20, "label": 40}\n{"args": [21], "label": 42}\n')
    result = langprop("fit", "task", "--train=numbers.csv", "--val=more.jsonl", "--run_dir=mine")
    assert result.returncode == 0, result.stderr
    assert "reached 1" in result.stdout
    wrong = langprop("fit", "task", "--train=nothing.csv")
    assert wrong.returncode == 1
    assert "nothing.csv" in wrong.stderr


def test_keys_in_a_configuration_are_not_kept_with_the_run(folder):
    config = CONFIG.replace(
        "optimizer: mutation",
        """optimizer:
  class_path: langprop.LLMOptimizer
  init_args:
    llm:
      class_path: langprop.OpenAILLM
      init_args: {model: m, base_url: "http://127.0.0.1:9/v1", api_key: my-very-own-key-1}
""",
    )
    (folder / "task/config.yaml").write_text(config)
    result = langprop("fit", "task", "--run_dir=mine", "--max_steps=1")
    assert result.returncode == 1  # nobody answers there
    kept = (folder / "mine/fit.yaml").read_text()
    assert "base_url" in kept
    assert "api_key" not in kept
    assert all("my-very-own" not in path.read_text() for path in (folder / "mine").glob("*.*"))


def test_fit_without_a_config(folder):
    result = langprop("fit", "task/task.py:double", "--train=task/task.py:train", "--max_steps=1")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit"], "name what to train"),
        (["fit", "nowhere"], "no folder"),
        (["fit", "nowhere.yaml"], "there is no file"),
        (["fit", "."], "no config.yaml"),
        (["fit", "task/task.py:nothing"], "defines no 'nothing'"),
        (["fit", "task/task.py:not_a_module"], "not a langprop Module"),
        (["fit", "task/other.py:double"], "there is no file"),
        (["fit", "no.such.package:double"], "can't be imported"),
        (["fit", "task", "--optimizer=nonsense"], "there is no optimizer named"),
        (["fit", "task", "--train=task.py:nothing"], "defines no 'nothing'"),
        (["fit", "task", "--max_epochs=0"], "max_epochs must be at least 1"),
        (["fit", "task", "--limits.time=-1"], "must be a positive number"),
        (["show", "nowhere"], "there is no run folder"),
        (["export", "nowhere", "x.py"], "there is no run folder"),
    ],
)
def test_mistakes_are_told_in_a_line(folder, arguments, message, capsys):
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    "arguments",
    [["fit", "task", "--max_epoch=3"], ["fit", "task", "--max_steps=many"], ["show"], ["nonsense"]],
)
def test_wrong_calls_exit_with_2(folder, arguments, capsys):
    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code
    assert code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["--help"], ["fit", "--help"], ["show", "--help"], ["--version"]]
)
def test_help(arguments, capsys):
    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code
    assert code == 0
    assert "langprop" in capsys.readouterr().out


def test_help_tells_every_argument_of_the_trainer(capsys):
    with pytest.raises(SystemExit):
        main(["fit", "--help"])
    text = capsys.readouterr().out
    for name in ("--optimizer", "--max_epochs", "--limits", "--seed", "--callbacks", "--run_dir"):
        assert name in text


def test_a_copy_of_a_checkpoint_is_not_gone_on_with_by_force(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    keep = "--callbacks+=langprop.Checkpoint"
    config = CONFIG.partition("callbacks:")[0]
    (folder / "task/config.yaml").write_text(config)
    short = ["--progress=false", "--isolation=none", "--batch_size=3", keep]
    short += ["--callbacks.every_n_steps=1"]
    assert main(["fit", "task", "--max_steps=2", "--run_dir=mine", *short]) == 0
    copy = "mine/checkpoints/step-000001.json"
    before = (folder / "mine/checkpoint.json").read_bytes()
    assert main(["fit", "--resume", copy, "--force", "--max_steps=3"]) == 1
    err = capsys.readouterr().err
    assert "leave --force out, or give  --resume " in err
    assert (folder / "mine/checkpoint.json").read_bytes() == before
    assert main(["fit", "--resume", copy, "--max_steps=3"]) == 0
    assert main(["fit", "--resume", "mine", "--force", "--max_steps=4"]) == 0
    assert json.loads((folder / "mine/checkpoint.json").read_text())["step"] == 4
    assert main(["compare", "task", "--optimizers=mutation", "--force"]) == 1
    assert "--force isn't for compare" in capsys.readouterr().err
