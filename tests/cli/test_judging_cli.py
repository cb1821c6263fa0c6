"""`langprop validate` and `langprop test`, as a user types them."""

import json
import re
import shutil

import pytest


def policies(run):
    state = json.loads((run / "checkpoint.json").read_text())
    return [each["id"] for each in state["module"]["population"]["policies"]]


def champion(run):
    state = json.loads((run / "checkpoint.json").read_text())
    return state["module"]["population"]["champion"]["id"]


def test_the_best_policy_is_judged_on_the_validation_data_of_the_run(run, call):
    code, out, err = call("validate", "runs/double")
    assert (code, err) == (0, "")
    assert re.search(rf"double, policy {champion(run)}: 1 .*\(95 %\) over 6 samples\n", out)
    assert "validation 1" in out
    assert "worst" not in out  # all samples score 1


def test_several_policies_are_judged_and_their_worst_samples_told(run, call):
    code, out, _ = call("validate", "runs/double", "--top", "3", "--json")
    assert code == 0
    data = json.loads(out)
    assert data["samples"] == 6
    assert len(data["policies"]) == 3
    assert data["policies"][0]["policy"] == champion(run)
    assert data["policies"][0]["score"] == 1.0
    low, high = data["policies"][0]["interval"]
    assert low <= 1 <= high
    wrong = next(each for each in data["policies"] if each["score"] < 1)
    assert len(wrong["worst"]) == 3
    code, out, _ = call("validate", "runs/double", "--policy", wrong["policy"][:6])
    assert code == 0
    assert "sample 0 · score 0" in out
    assert "double (10,)" in out
    assert "label 20" in out


def test_data_can_be_named(call, run):
    (run.parent / "numbers.csv").write_text("x,y,note\n1,2,a\n3,6,b\n4,9,c\n")
    code, out, err = call(
        "validate", "runs/double", "--data", "runs/numbers.csv", "--ignore", "note"
    )
    assert (code, err) == (0, "")
    assert re.search(r": 0.6667 .*\(95 %\) over 3 samples\n", out)
    assert "sample 2 · score 0 · ok\n    double (4,)\n    answer 8\n    label 9\n" in out
    code, out, _ = call(
        "test", "runs/double", "--data=runs/numbers.csv", "--label_column=y",
        "--ignore=note", "--samples=2",
    )  # fmt: skip
    assert code == 0
    assert "over 2 samples" in out


def test_a_test_is_noted_and_told_the_next_time(run, call):
    code, out, _ = call("test", "runs/double")
    assert code == 0
    assert re.search(r": 1 \[.*, 1\] \(95 %\) over 10 samples\n", out)
    assert "tested" not in out
    _, line = (run / "tests.jsonl").read_text().splitlines()  # the first is of the end of fit
    noted = json.loads(line)
    assert noted["policy"] == champion(run)
    assert (noted["score"], noted["n"], noted["statuses"]) == (1.0, 10, {"ok": 10})
    with (run / "tests.jsonl").open("a") as file:
        file.write('{"when": "20')  # a process was killed
    _, out, _ = call("test", "runs/double")
    assert "tested once before" in out
    _, out, _ = call("test", "runs/double")
    assert "tested 2 times before" in out
    _, out, _ = call("validate", "runs/double")
    assert "tested" not in out
    assert len((run / "tests.jsonl").read_text().splitlines()) == 5
    _, out, _ = call("show", "runs/double")
    assert re.search(r"^tested: 1 \[.*\] \(95 %\) over 10 samples \(policy", out, re.MULTILINE)


def test_a_test_that_cannot_be_noted_is_told_all_the_same(run, call):
    (run / "tests.jsonl").unlink()
    (run / "tests.jsonl").mkdir()
    code, out, err = call("test", "runs/double")
    assert code == 0
    assert re.search(r": 1 \[.*, 1\] \(95 %\) over 10 samples\n", out)
    assert "can't be noted" in err


def test_a_script_that_is_no_policy_any_more_can_be_judged(run, call):
    (run / "scripts/feedfacefeedface.py").write_text("def double(x):\n    return 1 / 0\n")
    code, out, _ = call("validate", "runs/double", "--policy", "feedf")
    assert code == 0
    assert "failed: 6 exception" in out
    assert "ZeroDivisionError" in out


def test_a_run_made_from_python_is_judged_once_its_module_is_named(call, run, finished):
    (run / "fit.yaml").unlink()
    code, _, err = call("validate", "runs/double")
    assert code == 1
    assert "--module FILE.py:NAME" in err
    assert "'double'" in err
    module = f"--module={finished}/task/task.py:double"
    code, _, err = call("validate", "runs/double", module)
    assert code == 1
    assert "--data FILE" in err
    code, out, _ = call("validate", "runs/double", module, f"--data={finished}/task/task.py:val")
    assert code == 0
    assert "over 6 samples" in out


def test_data_files_are_found_beside_the_module(finished, run, call):
    text = (run / "fit.yaml").read_text()
    (finished / "task/val.csv").write_text("x,label\n1,2\n")
    lines = ["val: val.csv" if line.startswith("val:") else line for line in text.splitlines()]
    (run / "fit.yaml").write_text("\n".join(lines))
    code, out, err = call("validate", "runs/double")
    assert (code, err) == (0, "")
    assert ": 1 over 1 samples" in out


def test_limits_of_the_run_hold_unless_others_are_given(call, run):
    (run / "scripts/feed.py").write_text("def double(x):\n    while True: pass\n")
    code, out, _ = call("validate", "runs/double", "--policy=feed", "--limits.time=0.05", "--json")
    assert code == 0
    (row,) = json.loads(out)["policies"]
    assert row["statuses"] == {"timeout": 6}
    assert row["score"] == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["validate", "nowhere"], "there is no run folder"),
        (["test", "task"], "there is no run folder"),
        (["validate", "runs"], "checkpoint.json is missing"),
        (["validate", "runs/double", "--policy=zzz"], "no id in this run begins with 'zzz'"),
        (["validate", "runs/double", "--policy="], "Write more of it"),
        (["validate", "runs/double", "--module=TASK:other"], "the run is of another one"),
        (["validate", "runs/double", "--module=TASK:not_a_module"], "not a langprop Module"),
        (["validate", "runs/double", "--module=TASK:none"], "defines no 'none'"),
        (["validate", "runs/double", "--data=none.csv"], "there is no file"),
        (["validate", "runs/double", "--data=wrong.csv"], "wrong.csv"),
        (["validate", "runs/double", "--data=empty.csv"], "empty.csv"),
        (["validate", "runs/double", "--data=TASK:nobody"], "no data today"),
        (["validate", "runs/double", "--data=TASK:not_a_module"], "must be a list"),
        (["validate", "runs/double", "--limits.time=-1"], "must be a positive number"),
        (["validate", "runs/double", "--workers=0"], "workers must be at least 1"),
        (["validate", "runs/double", "--packages=nonsense_package"], "nonsense_package"),
    ],
)
def test_mistakes_in_judging_are_told_in_a_line(call, run, finished, arguments, message):
    (run.parents[1] / "wrong.csv").write_text("a,b\n1,2\n")
    (run.parents[1] / "empty.csv").write_text("")
    code, _, err = call(*(each.replace("TASK", f"{finished}/task/task.py") for each in arguments))
    assert code == 1
    assert message in err
    assert "Traceback" not in err
    assert err.count("\n") <= 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate"],
        ["validate", "runs/double", "--top=0"],
        ["validate", "runs/double", "--top=2", "--policy=x"],
        ["validate", "runs/double", "--samples=0"],
        ["validate", "runs/double", "--samples=many"],
        ["test", "runs/double", "--isolation=strong"],
        ["test", "runs/double", "--limits.tame=3"],
    ],
)
def test_wrong_calls_of_judging_exit_with_2(run, call, arguments):
    code, _, err = call(*arguments)
    assert code == 2
    assert err


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: (run / "checkpoint.json").write_text("{"), "can't be read"),
        (lambda run: (run / "checkpoint.json").write_text('{"format": 1e3}'), "no checkpoint"),
        (lambda run: shutil.rmtree(run / "scripts"), "no complete run folder"),
        (lambda run: (run / "fit.yaml").write_text("a: [1"), "fit.yaml can't be read"),
        (lambda run: (run / "fit.yaml").write_text("- 1"), "holds no settings"),
        (lambda run: (run / "fit.yaml").write_text("module: /none.py:x"), "If it has moved"),
        (lambda run: (run / "fit.yaml").write_text("seed: 1"), "has no module"),
    ],
)
def test_damaged_runs_are_told_in_a_line(run, call, damage, message):
    damage(run)
    code, _, err = call("validate", "runs/double")
    assert code == 1
    assert message in err
    assert "Traceback" not in err


def test_damage_in_what_is_not_needed_is_passed_over(run, call):
    (run / "config.yaml").write_text("limits: 3\n")
    (run / "lineage.jsonl").write_bytes(b"\xff\x00{}\n[]\n")
    (run / "worst.json").write_text("{")
    (run / "tests.jsonl").write_text("[]\n{}\nnope\n")
    assert call("validate", "runs/double")[0] == 0
    assert call("test", "runs/double")[0] == 0
    assert call("show", "runs/double")[0] == 0
    code, out, _ = call("show", "runs/double", "--worst=3")
    assert code == 0
    assert "no worst.json" in out
