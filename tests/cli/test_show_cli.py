"""`langprop show`, as a user types it."""

import json
import re

import pytest

import langprop as lp
from langprop.llms.base import Reply, Usage
from langprop.trainer.lineage import read_lineage


@pytest.fixture
def family(run):
    """A child and its parent, which both are in the run."""
    known = read_lineage(run)
    child = next(each for each in known.values() if each.parent)
    return child.id, child.parent


def test_ranking_lineage_and_source(run, family, call):
    code, out, err = call("show", "runs/double")
    assert (code, err) == (0, "")
    assert re.search(r"^\* +[0-9a-f]{8} +1 +\d+ +1 +seed", out, re.MULTILINE)
    assert "return x + x" in out
    child, parent = family
    code, out, _ = call("show", "runs/double", "--policy", child[:8], "--top=1")
    assert code == 0
    assert re.search(rf"lineage: {child} \(mutation:\S+\) ← {parent}", out)
    assert "more (--top)" in out


def test_ancestors_that_left_the_population_are_known(run):
    known = read_lineage(run)
    state = json.loads((run / "checkpoint.json").read_text())
    kept = {each["id"] for each in state["module"]["population"]["policies"]}
    assert set(known) > kept
    assert {path.stem for path in (run / "scripts").iterdir()} == set(known)
    assert all(each.time and each.origin for each in known.values())


def test_the_difference_between_two_scripts(run, family, call):
    child, parent = family
    code, out, _ = call("show", "runs/double", "--diff", parent[:8], child[:8])
    assert code == 0
    assert out.startswith(f"--- {parent}\n+++ {child}\n@@ ")
    assert re.search(r"^-.*\n(?s:.*)^\+", out.split("\n", 3)[3], re.MULTILINE)
    assert call("show", "runs/double", "--diff", child[:8]) == (0, out, "")
    code, same, _ = call("show", "runs/double", "--diff", child, child)
    assert code == 0
    assert "are the same text" in same


def test_a_script_without_a_parent_has_no_difference_to_it(run, call):
    seed = next(each for each in read_lineage(run).values() if each.parent is None)
    code, out, err = call("show", "runs/double", "--diff", seed.id)
    assert (code, out) == (1, "")
    assert "has no parent that is known: name two ids" in err


def test_an_id_that_is_not_clear_lists_candidates(run, call):
    for number in range(12):
        (run / f"scripts/feed{number:02}.py").write_text("def double(x): ...\n")
    code, _, err = call("show", "runs/double", "--diff", "feed", "feed01")
    assert code == 1
    assert "12 ids in this run begin with 'feed': feed00, feed01, " in err
    assert "and 4 more" in err
    assert "no id in this run begins with 'zzz'" in call("show", "runs/double", "--policy=zzz")[2]
    assert call("show", "runs/double", "--diff", "feed02", "feed01")[0] == 0
    assert call("show", "runs/double", "--diff", "a", "b", "c")[0] == 2


def test_the_worst_samples_as_the_trainer_saw_them(run, call):
    worst = json.loads((run / "worst.json").read_text())
    assert worst["step"] == 3
    assert len(worst["records"]) == worst["samples"] == 4
    code, out, _ = call("show", "runs/double", "--worst", "2")
    assert code == 0
    assert f"policy {worst['policy']} in step 3, 4 samples" in out
    assert out.count("sample ") == 2
    assert re.search(r"double \(\d,\)\n    answer \d+\n    label \d+\n", out)


def test_json_for_machines(run, family, call):
    code, out, _ = call("show", "runs/double", "--json")
    assert code == 0

    def refuse(name):
        raise AssertionError(name)

    data = json.loads(out, parse_constant=refuse)
    assert (data["function"], data["step"]) == ("double", 3)
    assert data["best"] == data["policies"][0]["id"] == data["policy"]
    assert "return x + x" in data["source"]
    assert data["policies"][0]["validation"] == 1.0
    assert data["worst"]["records"]
    assert [each["data"] for each in data["tests"]] == ["at the end of fit"]
    child, parent = family
    out = call("show", "runs/double", "--json", "--policy", child)[1]
    assert [each["id"] for each in json.loads(out)["lineage"]][:2] == [child, parent]


def test_objectives_have_columns(run, call):
    path = run / "checkpoint.json"
    state = json.loads(path.read_text())
    population = state["module"]["population"]
    for policy in (*population["policies"], population["champion"]):
        policy["objectives"] = {"speed[red]": {**policy["trackers"]["main"], "factor": 1.0}}
    state.pop("digest", None)  # of what it was
    path.write_text(json.dumps(state))
    code, out, _ = call("show", "runs/double")
    assert code == 0
    assert "speed[red]" in out
    data = json.loads(call("show", "runs/double", "--json")[1])
    assert data["policies"][0]["objectives"]["speed[red]"]["priority"] == pytest.approx(1.0)


def test_names_are_no_markup_and_no_terminal_codes(run, call):
    path = run / "checkpoint.json"
    state = json.loads(path.read_text())
    for policy in state["module"]["population"]["policies"]:
        policy["origin"] = "[bold]x[/nonsense]\x1b[2J"
    state.pop("digest", None)  # of what it was
    path.write_text(json.dumps(state))
    code, out, _ = call("show", "runs/double")
    assert code == 0
    assert "[bold]x[/nonsense]\\x1b[2J" in out


def test_a_run_of_an_older_version_is_shown(run, call):
    for name in ("lineage.jsonl", "worst.json", "metrics.jsonl", "fit.yaml"):
        (run / name).unlink()
    code, out, _ = call("show", "runs/double")
    assert code == 0
    assert "no step was completed" in out
    assert call("show", "runs/double", "--json")[0] == 0


@pytest.mark.parametrize("counted", [True, False])
def test_tokens_that_nobody_counted_are_unknown(tmp_path, call, counted):
    def double(x: int) -> int:
        """Return twice the number."""

    def model(messages):
        text = "```python\ndef double(x):\n    return 2 * x\n```"
        return Reply(text, usage=Usage(1, 1_200, 300)) if counted else text

    trainer = lp.Trainer(
        lp.LLMOptimizer(model, n_setup=1), max_steps=1, workers=1, run_dir=tmp_path, progress=False
    )
    trainer.fit(lp.module(score=lp.exact_match)(double), [((n,), 2 * n) for n in range(4)])
    code, out, err = call("show", str(tmp_path))
    assert (code, err) == (0, "")
    total = next(line.split() for line in out.splitlines() if line.startswith("  setup"))
    if counted:
        assert total[1:6] == ["1", "1,200", "0", "300", "unknown"]
        assert "prompt tokens 3,600" in out
    else:
        assert total[1:6] == ["1", *["unknown"] * 4]
        assert "tokens 0" not in out
