"""`langprop export`, as a user types it."""

import ast
import json

import pytest

from langprop.cli.main import main


def best(run):
    state = json.loads((run / "checkpoint.json").read_text())
    return state["module"]["population"]["champion"]["id"]


def test_the_file_says_where_it_comes_from_and_needs_no_langprop(run, call):
    assert call("test", "runs/double")[0] == 0
    code, out, err = call("export", "runs/double", "learned.py")
    assert (code, out, err) == (0, "double → learned.py\n", "")
    text = (run.parents[1] / "learned.py").read_text()
    header, _, source = text.partition("\n\n")
    for part in (
        f"policy      {best(run)}, 20", "made with langprop 0.1.0", "written by seed",
        "validation  1", "test        1 [", "over 10 samples", "optimizer   mutation, n_parents=2",
        "langprop fit --config runs/double/fit.yaml",
    ):  # fmt: skip
        assert part in header
    assert all(line.startswith("#") for line in header.splitlines())
    assert str(run.parents[1]) not in text
    assert "langprop" not in source
    namespace = {}
    exec(text, namespace)
    assert namespace["double"](21) == 42
    assert call("export", "runs/double") == (0, text, "")
    assert call("export", "runs/double", "again.py")[0] == 0
    assert (run.parents[1] / "again.py").read_text() == text


def test_an_existing_file_is_kept(run, call):
    path = run.parents[1] / "mine.py"
    path.write_text("precious")
    code, _, err = call("export", "runs/double", "mine.py")
    assert code == 1
    assert "--force" in err
    assert path.read_text() == "precious"
    assert call("export", "runs/double", "mine.py", "--force")[0] == 0
    assert "def double" in path.read_text()
    code, _, err = call("export", "runs/double", "runs")
    assert code == 1
    assert "is a folder" in err
    code, _, err = call("export", "runs/double", "no/such/x.py")
    assert code == 1
    assert "can't be written" in err
    link = run.parents[1] / "dangling.py"
    link.symlink_to("nothing")
    assert "exists already" in call("export", "runs/double", "dangling.py")[2]
    assert [path.name for path in run.parents[1].iterdir() if path.name.startswith(".")] == []


def test_the_file_can_be_judged(run, call):
    code, out, err = call("export", "runs/double", "x.py", "--test")
    assert (code, err) == (0, "")
    assert "the file:   1 " in out
    assert "equal on every sample" in out
    assert call("export", "runs/double", "--test")[0] == 2


def test_a_file_that_is_not_the_policys_equal_is_told(run, call):
    # What asks where it stands does something else in a file with a header.
    (run / "scripts/feed.py").write_text(
        "import inspect, sys\n\ndef double(x):\n"
        "    return 2 * x if sys._getframe().f_code.co_firstlineno == 3 else 0\n"
    )
    code, out, err = call("export", "runs/double", "x.py", "--policy=feed", "--test")
    assert code == 1
    assert "the policy: 1 " in out
    assert "6 of 6 samples differ, the first is sample 0" in err


def test_nothing_in_a_run_breaks_out_of_the_comments(run, call):
    path = run / "checkpoint.json"
    state = json.loads(path.read_text())
    hostile = "x\nimport os\r\x0c\u2028coding: latin-1"
    champion = state["module"]["population"]["champion"]
    state["module"]["population"]["policies"] = []
    champion.update(origin=hostile, parent=hostile)
    state.pop("digest", None)  # of what it was
    path.write_text(json.dumps(state))
    (run / "config.yaml").write_text(
        json.dumps({"langprop": hostile, "optimizer": {"name": hostile}})
    )
    odd = run.rename(run.with_name("coding: latin-1\nimport os"))
    code, out, _ = call("export", str(odd))
    assert code == 0
    tree = ast.parse(out)
    assert [type(node) for node in tree.body] == [ast.FunctionDef]
    code = main(["export", str(odd), "odd.py"])
    assert code == 0
    compile((run.parents[1] / "odd.py").read_bytes(), "odd.py", "exec")


def test_machine_paths_in_names_of_models_are_left_out(run, call):
    (run / "config.yaml").write_text("optimizer: {name: 'command:/home/me/secret/model --x'}\n")
    out = call("export", str(run))[1]
    assert "optimizer   command\n" in out
    assert "/" not in out.partition("\n\n")[0].replace("https://github.com/langprop/langprop", "").replace("double/fit.yaml", "")  # fmt: skip  # noqa: E501 - one line tells it


@pytest.mark.parametrize("name", ["fit.yaml", "lineage.jsonl", "metrics.jsonl", "config.yaml"])
def test_what_is_missing_is_left_out(run, call, name):
    (run / name).unlink()
    code, out, _ = call("export", "runs/double")
    assert code == 0
    assert f"policy      {best(run)}, 20" in out
