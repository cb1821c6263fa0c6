"""`langprop init`: projects that can be trained at once."""

import ast
import importlib.util
import json
import resource
import subprocess
import sys
import textwrap

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from langprop.cli.config import read_config
from langprop.cli.fit import parser
from langprop.cli.main import main
from langprop.cli.skeleton import identifier, quoted

STUB = '''
import math
from collections.abc import Sequence

LIMIT = 3


def total(numbers: Sequence[int], start: int = 0) -> int:
    """Return the sum.

    >>> total([1, 2])
    3
    >>> total([1], start=LIMIT)
    4
    >>> total([1, 2], start=4)
    7
    """


def area(radius: float) -> float:
    """Area of a circle."""
    return math.pi * radius * LIMIT
'''


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def houses(path, count=40):
    lines = ["id,date,rooms,Living Area (m2),class,city,garden,price"]
    for n in range(count):
        area, rooms = 20 + 7.5 * (n % 11), 1 + n % 5
        garden = "true" if n % 2 else "false"
        lines.append(
            f"{n},2020-01-{n % 28 + 1:02d},{rooms},{area},{'abc'[n % 3]},"
            f"{['Rome', 'Oslo'][n % 2]},{garden},{10 * rooms + 3 * area:.1f}"
        )
    path.write_text("\n".join(lines) + "\n")


def imported(project, name="made"):
    spec = importlib.util.spec_from_file_location(name, project / "module.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # inspect finds sources by it
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module


def runs(project, capsys):
    """Train it for a moment, and give back what was printed."""
    capsys.readouterr()
    few = ["--optimizer=langprop.MutationOptimizer", "--optimizer.n_parents=1"]
    few += ["--optimizer.n_children=2", "--workers=1", "--progress=false"]
    assert main(["fit", str(project), "--fast_dev_run", *few]) == 0
    out = capsys.readouterr()
    assert "Traceback" not in out.err
    return out.out


def test_a_table_with_numbers(folder, capsys):
    houses(folder / "houses.csv")
    arguments = ["init", "h", "--from", "houses.csv", "--ignore", "id,date"]
    assert main(arguments) == 0
    assert "langprop fit h" in capsys.readouterr().out
    text = (folder / "h/module.py").read_text()
    assert "predict_price(" in text
    for line in (
        "rooms: int,",
        "living_area_m2: float,",
        "class_: str,",
        "garden: bool,",
        ") -> float:",
        'class_: Column "class". One of "a", "b", "c".',
        '"train": 0.7,  # 28 rows',
        "rooms: From 1 to 5.",
        "exception_score=-1.0",
    ):
        assert line in text, line
    module = imported(folder / "h")
    assert [len(part()) for part in (module.train, module.val, module.test)] == [28, 6, 6]
    (args, label) = module.preprocess(module.train()[0])
    assert (type(args[1]), type(label)) == (float, float)
    assert module.score(label, label) == 0.0
    assert -1 <= module.score(1e300, label) < module.score(label + 1, label) < 0
    for odd in (float("nan"), float("inf"), "text", None, 10**400, 1j):
        with pytest.raises((ValueError, TypeError, OverflowError)):
            module.check_output(odd)
    assert "predict_price" in runs(folder / "h", capsys)


def test_a_table_with_classes(folder, capsys):
    rows = "".join(f"{n / 40:.3f};{n % 7};{'one' if n < 20 else 'two'}\n" for n in range(40))
    (folder / "kinds.csv").write_text("a;b;species\n" + rows)
    assert main(["init", "k", "--from", "kinds.csv", "--name", "guess"]) == 0
    text = (folder / "k/module.py").read_text()
    assert 'def guess(a: float, b: int) -> Literal["one", "two"]:' in text
    assert "score=lp.exact_match" in text
    module = imported(folder / "k")
    assert module.guess.read(module.train()[0])[2] in ("one", "two")


def test_json_lines_with_missing_values_and_lists(folder, capsys):
    rows = [{"x": [1, 2, n], "y": None if n % 3 else "a", "label": n % 2 == 0} for n in range(20)]
    del rows[4]["y"]
    rows[5]["label"] = None
    (folder / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["init", "j", "--from", "d.jsonl"]) == 0
    text = (folder / "j/module.py").read_text()
    assert "def predict_label(x: list[int], y: str | None) -> bool:" in text
    assert "has_label(row)" in text
    module = imported(folder / "j")
    assert sum(map(len, (module.train(), module.val(), module.test()))) == 19
    assert len(module.predict_label.read(module.train()[0])[0]) == 2


def test_rows_without_a_label_are_left_out_and_told(folder, capsys):
    rows = [f"{n},{2 * n},{n % 4}.5\n" for n in range(1, 21)]
    rows += ["30,1,nan\n", "31,2,NaN\n", "32,3,\n", "33,4,inf\n", "34,5,-inf\n"]
    (folder / "d.csv").write_text("x,y,label\n" + "".join(rows))
    assert main(["init", "p", "--from", "d.csv"]) == 0
    assert "5 of 25 rows have no label (empty, NaN or infinite)" in capsys.readouterr().out
    text = (folder / "p/module.py").read_text()
    assert "def predict_label(x: int, y: int) -> float:" in text
    assert "From 0.5 to 3.5.\n" in text
    module = imported(folder / "p")
    assert sum(map(len, (module.train(), module.val(), module.test()))) == 20
    runs(folder / "p", capsys)


def test_labels_of_some_kind_stay_of_that_kind_where_others_are_missing(folder, capsys):
    rows = [{"x": n, "label": n % 2} for n in range(12)]
    rows += [{"x": 13, "label": float("nan")}, {"x": 14}]
    (folder / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["init", "p", "--from", "d.jsonl"]) == 0
    assert "2 of 14 rows" in capsys.readouterr().out
    text = (folder / "p/module.py").read_text()
    assert "-> Literal[0, 1]:" in text
    assert len(imported(folder / "p").train()) == 8


def test_columns_named_as_the_arguments_of_a_sample(folder, capsys):
    rows = "".join(f"{n},{n + 1},{n},{2 * n}\n" for n in range(20))
    (folder / "d.csv").write_text("x,args,kwargs,label\n" + rows)
    assert main(["init", "p", "--from", "d.csv"]) == 0
    out = capsys.readouterr().out
    assert "column 'args' is the parameter args_" in out
    assert "column 'kwargs' is the parameter kwargs_" in out
    text = (folder / "p/module.py").read_text()
    assert "def predict_label(x: int, args_: int, kwargs_: int) -> int:" in text
    assert 'args_: Column "args". From 1 to 20.' in text
    runs(folder / "p", capsys)
    (folder / "d.jsonl").write_text('{"args": 3, "label": 1}\n' * 4)
    assert main(["init", "q", "--from", "d.jsonl"]) == 0
    (folder / "e.jsonl").write_text('{"args": [3], "kwargs": {"a": 1}, "label": 1}\n' * 4)
    assert main(["init", "r", "--from", "e.jsonl"]) == 1
    assert "need a stub" in capsys.readouterr().err


def test_npz_with_arrays(folder, capsys):
    import numpy as np

    np.savez(folder / "d.npz", image=np.ones((12, 2, 2)), y=np.arange(12) % 2)
    assert main(["init", "n", "--from", "d.npz"]) == 0
    assert (
        "def predict_y(image: np.ndarray) -> Literal[0, 1]:" in (folder / "n/module.py").read_text()
    )
    runs(folder / "n", capsys)


def test_parquet(folder, capsys):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = arrow.table({"x": list(range(30)), "y": [n * 1.5 for n in range(30)]})
    parquet.write_table(table, folder / "d.parquet")
    assert main(["init", "p", "--from", "d.parquet", "--prompts"]) == 0
    assert (folder / "p/prompts/setup.jinja").is_file()
    assert imported(folder / "p").predict_y.prompts is not None
    assert main(["fit", "p", "--estimate"]) == 0


def test_many_columns_become_one_argument(folder, capsys):
    names = [f"pixel {n}" for n in range(100)]
    lines = [",".join([*names, "digit"])]
    lines += [",".join([*(str(n + k) for k in range(100)), str(n % 2)]) for n in range(20)]
    (folder / "wide.csv").write_text("\n".join(lines) + "\n")
    assert main(["init", "w", "--from", "wide.csv"]) == 0
    text = (folder / "w/module.py").read_text()
    assert "def predict_digit(row: dict)" in text
    assert "and 60 more" in text
    runs(folder / "w", capsys)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_rows(folder, capsys, count):
    (folder / "d.csv").write_text("x,y\n" + "1,2\n" * count)
    assert main(["init", "f", "--from", "d.csv"]) == 0
    config = yaml.safe_load((folder / "f/config.yaml").read_text())
    assert ("val" in config) == (count == 3)
    assert len(imported(folder / "f").train()) == (1 if count == 3 else count)


def test_a_stub(folder, capsys):
    (folder / "stubs.py").write_text(STUB)
    assert main(["init", "s", "--from", "stubs.py:total"]) == 0
    text = (folder / "s/module.py").read_text()
    assert "from collections.abc import Sequence" in text
    assert "LIMIT" not in text.partition("@lp.module")[0]
    lines = (folder / "s/train.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"args": [[1, 2]], "label": 3},
        {"args": [[1, 2]], "kwargs": {"start": 4}, "label": 7},
    ]
    assert "def total" in runs(folder / "s", capsys)
    assert main(["init", "again", "--from", "s/module.py:total"]) == 0  # of a module that there is
    assert (folder / "again/train.jsonl").read_text() == (folder / "s/train.jsonl").read_text()


def test_a_first_draft_with_what_it_uses(folder, capsys):
    (folder / "stubs.py").write_text(STUB)
    assert main(["init", "a", "--from", "stubs.py:area"]) == 0
    assert "made up" in capsys.readouterr().out
    text = (folder / "a/module.py").read_text()
    assert text.count("import math") == 1
    assert "LIMIT = 3" in text
    assert "return math.pi * radius * LIMIT" in text
    assert imported(folder / "a").area.seeds
    assert main(["fit", "a", "--estimate"]) == 0


def test_a_module_that_is_one_already(folder, capsys):
    (folder / "mine.py").write_text(
        "from __future__ import annotations\nimport langprop as lp\n\n"
        "@lp.module\ndef score(text: str) -> bool:\n    '''Say whether it is good.'''\n"
    )
    assert main(["init", "m", "--from", "mine.py"]) == 0
    assert imported(folder / "m").score.entry_point == "score"


@pytest.mark.parametrize(
    ("env", "signature"),
    [
        ("CartPole-v1", "pole_angular_velocity: float,\n) -> Literal[0, 1]:"),
        ("Blackjack-v1", "def policy(observation: tuple) -> Literal[0, 1]:"),
        ("FrozenLake-v1", "def policy(observation: int) -> Literal[0, 1, 2, 3]:"),
        ("Pendulum-v1", "angular_velocity: float) -> float:"),
    ],
)
def test_an_environment(folder, capsys, env, signature):
    pytest.importorskip("gymnasium")
    assert main(["init", "e", "--env", env]) == 0
    assert signature in (folder / "e/module.py").read_text()
    if env != "Pendulum-v1":  # its episodes are long
        assert "return over fresh episodes" in runs(folder / "e", capsys)


def test_the_configuration_tells_every_setting_with_its_default(folder, capsys):
    """Each line that is switched off is one that `langprop fit` takes."""
    (folder / "d.csv").write_text("x,y\n" + "1,2\n3,4\n5,6\n")
    assert main(["init", "c", "--from", "d.csv"]) == 0
    path = folder / "c/config.yaml"
    given = yaml.safe_load(path.read_text())
    on = []
    for line in path.read_text().splitlines():
        bare = line.removeprefix("# ")
        is_setting = line.startswith("# ") and (
            bare.startswith("  ") or bare.partition(":")[0] in known()
        )
        on.append(bare if is_setting and not bare.startswith("  # ") else line)
    (folder / "c/all.yaml").write_text("\n".join(on) + "\n")
    every = yaml.safe_load((folder / "c/all.yaml").read_text())
    assert set(every) >= known() - {"val", "executor"}
    assert {name: every[name] for name in given if name != "limits"} == {
        name: value for name, value in given.items() if name != "limits"
    }
    made = parser()
    defaults = made.parse_args(["--module", "x"])
    parsed = made.parse_args([f"--config={read_config(folder / 'c/all.yaml')}"])
    for name in known() - set(given) - {"callbacks", "loggers", "budget", "executor"}:
        assert parsed[name] == defaults[name], name


def known():
    from inspect import signature

    from langprop import Trainer

    return set(signature(Trainer).parameters)


def test_a_folder_that_is_not_empty(folder, capsys):
    (folder / "d.csv").write_text("x,y\n1,2\n")
    (folder / "full").mkdir()
    (folder / "full/module.py").write_text("mine")
    (folder / "full/other.txt").write_text("mine")
    assert main(["init", "full", "--from", "d.csv"]) == 1
    assert "--force" in capsys.readouterr().err
    assert (folder / "full/module.py").read_text() == "mine"
    assert sorted(each.name for each in (folder / "full").iterdir()) == ["module.py", "other.txt"]
    assert main(["init", "full", "--from", "d.csv", "--force"]) == 0
    assert (folder / "full/other.txt").read_text() == "mine"
    assert "predict_y" in (folder / "full/module.py").read_text()
    (folder / "empty").mkdir()
    assert main(["init", "empty", "--from", "d.csv"]) == 0


def test_data_that_lies_in_the_project_stays(folder, capsys):
    (folder / "p").mkdir()
    (folder / "p/d.csv").write_text("x,y\n1,2\n")
    assert main(["init", "p", "--from", "p/d.csv", "--force"]) == 0
    assert (folder / "p/d.csv").read_text() == "x,y\n1,2\n"


def test_a_full_disk_leaves_nothing_behind(folder):
    """The limit on the size of a file stands for a disk that is full."""
    (folder / "d.csv").write_text("x,y\n1,2\n")
    code = f"""
        import resource, signal, sys
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, {resource.RLIM_INFINITY}))
        from langprop.cli.main import main
        sys.exit(main(["init", "p", "--from", "d.csv"]))
    """
    ended = subprocess.run(
        [sys.executable, "-B", "-c", textwrap.dedent(code)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    assert "can't be written" in ended.stderr
    assert "Nothing was made" in ended.stderr
    assert not (folder / "p").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "nothing.csv"], "there is no file"),
        (["--from", "d.csv", "--label_column", "z"], "no column 'z'"),
        (["--from", "d.csv", "--label_column", "Y"], "Did you mean 'y'"),
        (["--from", "d.csv", "--ignore", "x"], "no column to tell it by"),
        (["--from", "d.csv", "--ignore", "q"], "no column 'q'"),
        (["--from", "d.csv", "--name", "2x"], "no name of a function"),
        (["--from", "empty.csv"], "is empty"),
        (["--from", "head.csv"], "no samples"),
        (["--from", "blank.csv"], "is empty in all rows"),
        (["--from", "pairs.jsonl"], "rows must be objects"),
        (["--from", "stubs.py"], "name the function"),
        (["--from", "stubs.py:nothing"], "defines no 'nothing'"),
        (["--from", "stubs.py:LIMIT"], "must be a function"),
        (["--from", "stubs.py:total", "--name", "other"], "rename it there"),
        (["--from", "stubs.py:total", "--ignore", "x"], "columns of a data file"),
        (["--from", "broken.py"], "can't be read"),
        (["--from", "what"], "neither STUB.py:function nor a data file"),
        (["--env", "CartPol-v1"], "there is no environment"),
        (["--from", "module.py.csv"], "there is no file"),
    ],
)
def test_mistakes_are_told_in_a_line_and_nothing_is_made(folder, capsys, arguments, message):
    (folder / "d.csv").write_text("x,y\n1,2\n")
    (folder / "empty.csv").write_text("")
    (folder / "head.csv").write_text("x,y\n")
    (folder / "blank.csv").write_text("x,y\n1,\n2,\n")
    (folder / "pairs.jsonl").write_text("[[1], 2]\n")
    (folder / "stubs.py").write_text(STUB)
    (folder / "broken.py").write_text("def x(:\n")
    assert main(["init", "p", *arguments]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (folder / "p").exists()


@pytest.mark.parametrize(
    "arguments", [[], ["p"], ["p", "--from", "a.csv", "--env", "b"], ["p", "--nope"]]
)
def test_wrong_calls(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(["init", *arguments])
    assert end.value.code == 2
    assert "usage" not in capsys.readouterr().err


def test_the_folder_of_a_run_is_left_alone(folder, capsys):
    (folder / "d.csv").write_text("x,y\n1,2\n")
    (folder / "r").mkdir()
    (folder / "r/checkpoint.json").write_text("{}")
    assert main(["init", "r", "--from", "d.csv", "--force"]) == 1
    assert "folder of a run" in capsys.readouterr().err


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(texts, min_size=2, max_size=5, unique=True), texts, st.integers(1, 7))
@example(['"""', "\\", "\u2028x"], '\\N{x} """', 3)
@example(["max", "class", "__init__"], "{{ x }} {% if %}", 4)
@example(["lp", "ﬁ", "fi"], "\x00\x1b[2J", 5)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_names_and_cells_make_a_project_that_reads_them(
    tmp_path_factory, capsys, names, cell, count
):
    where = tmp_path_factory.mktemp("any")
    rows = [{**dict.fromkeys(names, cell), names[-1]: f"{cell}{n}"} for n in range(count)]
    data = where / "d.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    column = f"--label_column={names[-1]}"
    assert main(["init", str(where / "p"), "--from", str(data), column]) == 0
    capsys.readouterr()
    made = imported(where / "p")
    args, label = made.preprocess(made.train()[0])
    assert args == (cell,) * (len(names) - 1)
    assert label in [f"{cell}{n}" for n in range(count)]


@given(texts)
def test_any_text_becomes_a_name_and_can_stand_in_a_docstring(text):
    assert identifier(text).isidentifier()
    assert identifier(text, [identifier(text)]) != identifier(text)
    assert ast.literal_eval(f'"""{quoted(text)} """').strip(" ") is not None


@pytest.mark.parametrize("name", ["train", "score", "lp"])
def test_a_name_that_the_project_needs_for_itself_is_refused(tmp_path, capsys, name):
    (tmp_path / "x.csv").write_text("a,label\n1,2\n2,3\n3,4\n4,5\n")
    code = main(["init", str(tmp_path / "p"), "--from", str(tmp_path / "x.csv"), "--name", name])
    assert code == 1
    assert "choose another one" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()
