"""Settings of `langprop fit`: names of classes, columns of files, and what is typed wrongly."""

import json
import sys
import textwrap

import pytest
import yaml

from langprop.cli.config import prepared, read_config
from langprop.cli.main import main
from langprop.cli.plugins import plugins
from langprop.errors import ConfigError
from langprop.registry import register

PROGRAM = """
import langprop as lp
from langprop.loggers import Logger

@lp.module
def double(x: int) -> int:
    '''Return twice the number.'''
    return x

@lp.module(preprocess=lambda row: ((row["x"],), row["twice"]))
def by_itself(x: int) -> int:
    '''Return twice the number.'''
    return x

train = [((n,), 2 * n) for n in range(1, 9)]
"""

LOGGER = """
import json
from pathlib import Path
from langprop.loggers import Logger

class Printed(Logger):
    def __init__(self, path: str = "printed", *, mark: int = 0):
        self.path, self.mark = path, mark

    def log(self, metrics, step):
        with Path(self.path).open("a") as file:
            print(json.dumps([self.mark, step]), file=file)
"""

FEW = [
    "--optimizer=langprop.MutationOptimizer",
    "--optimizer.n_parents=1",
    "--optimizer.n_children=2",
    "--workers=1",
    "--progress=false",
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "task").mkdir()
    (tmp_path / "task/doubling.py").write_text(textwrap.dedent(PROGRAM))
    (tmp_path / "printing.py").write_text(LOGGER)
    yield tmp_path
    for name in ("doubling", "langprop_target_doubling", "printing"):
        sys.modules.pop(name, None)


def printed(folder):
    """Mark and step of each line that the loggers wrote."""
    return [json.loads(line) for line in (folder / "printed").read_text().splitlines()]


def config(folder, text=""):
    head = "module: doubling.py:double\ntrain: doubling.py:train\nmax_steps: 1\n"
    (folder / "task/config.yaml").write_text(head + textwrap.dedent(text))


def test_loggers_and_callbacks_are_kept_and_restored(folder):
    config(
        folder,
        """
        loggers:
          - jsonl
          - printing:Printed
          - printing.Printed: {mark: 7}
        callbacks:
          - EarlyStopping: {monitor: train/best, target: 99}
        """,
    )
    assert main(["fit", "task", "--run_dir=r", *FEW]) == 0
    assert printed(folder) == [[0, 1], [7, 1]]
    kept = yaml.safe_load((folder / "r/fit.yaml").read_text())
    assert kept["loggers"] == [
        {"class_path": "printing.Printed", "init_args": {"path": "printed", "mark": 0}},
        {"class_path": "printing.Printed", "init_args": {"path": "printed", "mark": 7}},
    ]
    assert kept["callbacks"][0]["init_args"]["target"] == 99
    assert main(["fit", "--resume", "r", "--max_steps=2"]) == 0
    last = printed(folder)[-2:]
    assert last == [[0, 2], [7, 2]]


def test_loggers_on_the_command_line(folder):
    config(folder, "loggers: printing.Printed")
    options = ["--loggers+=printing.Printed", "--loggers.mark=3"]
    assert main(["fit", "task", "--run_dir=false", *FEW, *options]) == 0
    assert [mark for mark, _ in printed(folder)] == [0, 3]
    (folder / "printed").unlink()
    options = ["--loggers", "[{printing.Printed: {mark: 4}}, jsonl, printing.Printed]"]
    assert main(["fit", "task", "--run_dir=false", *FEW, *options]) == 0
    assert [mark for mark, _ in printed(folder)] == [4, 0]


def test_a_password_in_an_address_is_not_kept(folder):
    config(folder)
    options = ["--loggers=printing.Printed", "--loggers.path=http://me:my-password@host:5/x"]
    with pytest.warns(UserWarning, match="Printed failed"):  # that is no file
        assert main(["fit", "task", *FEW, *options, "--run_dir=r"]) == 0
    kept = (folder / "r/fit.yaml").read_text()
    assert "http://me@host:5/x" in kept
    assert all(b"my-password" not in path.read_bytes() for path in (folder / "r").glob("*.*"))


def test_tensorboard_by_its_short_name(folder):
    pytest.importorskip("tensorboard")
    config(folder)
    options = ["--loggers=tensorboard,jsonl", "--loggers.patience=20", "--run_dir=r"]
    assert main(["fit", "task", *FEW, *options]) == 0
    assert list((folder / "r/tensorboard").glob("events*"))
    assert "patience: 20" in (folder / "r/fit.yaml").read_text()


@pytest.mark.parametrize(
    ("written", "made"),
    [
        (None, []),
        ("jsonl", []),
        ("wandb,jsonl", [{"class_path": "langprop.loggers.wandb.WandbLogger"}]),
        (
            "mlflow:trees",
            [
                {
                    "class_path": "langprop.loggers.mlflow.MLflowLogger",
                    "init_args": {"experiment": "trees"},
                }
            ],
        ),
        (
            [{"wandb": {"project": "a", "x_disable_stats": False}}],
            [
                {
                    "class_path": "langprop.loggers.wandb.WandbLogger",
                    "init_args": {"project": "a"},
                    "dict_kwargs": {"x_disable_stats": False},
                }
            ],
        ),
        (["TensorBoardLogger"], [{"class_path": "langprop.loggers.TensorBoardLogger"}]),
        (["my.own:Logger"], [{"class_path": "my.own.Logger"}]),
        ([{"jsonl:x.jsonl": None}], None),
    ],
)
def test_short_names(written, made):
    if made is None:
        made = [
            {"class_path": "langprop.loggers.jsonl.JSONLogger", "init_args": {"path": "x.jsonl"}}
        ]
    assert plugins("loggers", written) == made


def test_a_short_name_of_ones_own():
    register("callback", "stop_at_once", "langprop.callbacks.early_stopping:EarlyStopping")
    (made,) = plugins("callbacks", "stop_at_once:val/score")
    assert made["init_args"] == {"monitor": "val/score"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_epoch: 3", "Did you mean max_epochs?"),
        ("trainer: {max_steps: 3}", "Did you mean max_steps?"),
        ("limits: {tim: 3}", "limits: Limits has no 'tim'. Did you mean time?"),
        ("budget: {usdd: 3}", "budget: Budget has no 'usdd'. Did you mean usd?"),
        (
            "callbacks: [{EarlyStopping: {monitr: a}}]",
            "callbacks: EarlyStopping has no 'monitr'. Did you mean monitor?",
        ),
        (
            "optimizer: {class_path: langprop.MutationOptimizer, init_args: {n_child: 3}}",
            "optimizer: MutationOptimizer has no 'n_child'. Did you mean n_children?",
        ),
        (
            "optimizer: {class_path: langprop.LLMOptimizer, init_args: {llm: {class_path: "
            "langprop.OpenAILLM, init_args: {modl: x}}}}",
            "optimizer.llm: OpenAILLM has no 'modl'. Did you mean model?",
        ),
        ("max_epochs: many", "max_epochs must be a whole number or null, but got many."),
        ("isolation: box", "isolation must be one of auto, sealed, bwrap, process, none"),
        (
            "callbacks: [{EarlyStopping: {target: abc}}]",
            "callbacks.target must be a number or null, but got abc.",
        ),
        ("limits: 3", "limits must be"),
        ("optimizer: {class_path: nope.X}", "optimizer: No module named 'nope'"),
        ("callbacks: [langprop.Limits]", "langprop.Limits is no Callback"),
    ],
)
def test_what_is_typed_wrongly_is_refused_with_the_nearest_name(folder, capsys, text, message):
    config(folder, text)
    with pytest.raises(SystemExit) as end:
        main(["fit", "task"])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert "usage:" not in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--max_epoch=3"], "no option --max_epoch. Did you mean --max_epochs?"),
        (["--limits.tim", "3"], "Did you mean time?"),
        (["--callbacks+=EarlyStopping", "--callbacks.monitr=x"], "Did you mean monitor?"),
        (["extra"], "one word too many"),
        (["--seed"], "expected one argument"),
        (["--loggers"], "expected one argument"),
        (["--optimizer.help"], "expected one argument"),
        (["--optimizer.help=Nobody"], "optimizer.help: there is no class 'Nobody' here"),
        (["--optimizer=Nobody", "--optimizer.n_parents=2"], "there is no class 'Nobody' here"),
        (["--optimizer=mutation", "--optimizer.n_prents=2"], "Did you mean n_parents?"),
    ],
)
def test_wrong_options(folder, capsys, options, message):
    config(folder)
    with pytest.raises(SystemExit) as end:
        main(["fit", "task", *options])
    assert end.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("loggers: [tensorbord]", "Did you mean 'tensorboard'?"),
        ("callbacks: [early_stoping]", "Did you mean 'EarlyStopping'?"),
        ("callbacks: [{class: EarlyStopping}]", "class_path: NAME"),
        ("callbacks: [{class_path: EarlyStopping, target: 1}]", "go into init_args"),
        ("callbacks: [{class_path: EarlyStopping, init_args: 3}]", "must be a mapping"),
        ("callbacks: 3", "3 is no name of a class"),
        ("max_steps: 2", "'max_steps' stands in line 3 already"),
        ("limits: {time: 1, time: 2}", "'time' stands in line 4 already"),
        ("optimizer: [1", "is no YAML"),
        ("- a", "is no YAML"),
        ("\x00", "is no YAML"),
        ("a: " + "[" * 3000, ""),
    ],
)
def test_a_configuration_that_cannot_be_read(folder, capsys, text, message):
    config(folder, text)
    assert main(["fit", "task"]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "config.yaml" in error
    assert "Traceback" not in error


def test_files_that_are_no_configuration(folder):
    for name, content in (("empty", b""), ("latin", b"a: \xe9"), ("list", b"[1]")):
        (folder / f"{name}.yaml").write_bytes(content)
    assert read_config(folder / "empty.yaml") == "{}"
    for name in ("latin", "list", "nowhere"):
        with pytest.raises(ConfigError, match=name):
            read_config(folder / f"{name}.yaml")
    (folder / "alias.yaml").write_text("a: &x {b: 1e-3}\nc: {<<: *x}\n")
    assert yaml.safe_load(read_config(folder / "alias.yaml"))["c"] == {"b": 0.001}


@pytest.mark.parametrize(
    ("options", "option"),
    [
        (["--optimizer.help", "LLMOptimizer"], "--optimizer.llm LLM"),
        (["--optimizer.help=mutation"], "--optimizer.n_parents N_PARENTS"),
        (["--executor.help", "local"], "--executor.workers WORKERS"),
        (["--loggers.help", "wandb"], "--loggers.project PROJECT"),
        (["--callbacks.help", "EarlyStopping"], "--callbacks.patience PATIENCE"),
        (["--optimizer=LLMOptimizer", "--optimizer.llm.help", "OpenAILLM"], "--llm.model MODEL"),
    ],
)
def test_help_for_a_class_by_its_short_name(capsys, options, option):
    with pytest.raises(SystemExit) as end:
        main(["fit", *options])
    assert end.value.code == 0
    assert option in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "options", [["--optimizer=mutation"], ["--optimizer=MutationOptimizer"], []]
)
def test_arguments_go_with_a_short_name(folder, options):
    config(folder, "optimizer: mutation")
    more = ["--optimizer.n_parents=1", "--max_steps=1", "--workers=1", "--progress=false"]
    assert main(["fit", "task", *options, *more, "--run_dir=run"]) == 0
    kept = yaml.safe_load((folder / "run/config.yaml").read_text())
    assert kept["optimizer"]["n_parents"] == 1


def test_a_flag_needs_no_value():
    assert prepared(["--fast_dev_run"]) == ["--fast_dev_run=true"]
    assert prepared(["--fast_dev_run", "--seed", "1"]) == ["--fast_dev_run=true", "--seed", "1"]
    assert prepared(["--fast_dev_run", "3"]) == ["--fast_dev_run", "3"]


def test_columns_of_a_data_file(folder, capsys):
    config(folder)
    rows = "".join(f"{n},a,{n},{2 * n}\n" for n in range(9))
    (folder / "task/numbers.csv").write_text("id,note,x,twice\n" + rows)
    options = ["--train=numbers.csv", "--label_column=twice", "--ignore=id,note", "--run_dir=r"]
    assert main(["fit", "task", *FEW, *options]) == 0
    kept = yaml.safe_load((folder / "r/fit.yaml").read_text())
    assert kept["train"] == str(folder / "task/numbers.csv")
    assert main(["fit", "--resume", "r", "--max_steps=2"]) == 0  # from another folder
    capsys.readouterr()
    assert main(["fit", "task", "--train=numbers.csv", "--label_column=twicee"]) == 1
    assert "did you mean 'twice'" in capsys.readouterr().err
    assert main(["fit", "task", "--ignore=id"]) == 1
    assert "none is given" in capsys.readouterr().err
    own = ["fit", "task/doubling.py:by_itself", "--train=task/numbers.csv", "--ignore=id"]
    assert main(own) == 1
    assert "in preprocess" in capsys.readouterr().err


def test_a_target_that_is_data_or_a_file_without_a_name(folder, capsys):
    (folder / "d.csv").write_text("x,y\n1,2\n")
    assert main(["fit", "d.csv"]) == 1
    assert "langprop init d --from d.csv" in capsys.readouterr().err
    assert main(["fit", "task/doubling.py"]) == 1
    assert "task/doubling.py:NAME" in capsys.readouterr().err
