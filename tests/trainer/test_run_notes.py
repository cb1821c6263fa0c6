"""What a run's folder tells people beside the checkpoint: worst.json and lineage.jsonl."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import langprop as lp
from langprop.population.policy import Policy
from langprop.population.record import Record
from langprop.scripts.script import Script
from langprop.trainer.append import append
from langprop.trainer.lineage import FILE, Lineage, read_lineage
from langprop.trainer.worst import COUNT, Worst, abbreviated, read_worst, worst_records


def script(name, parent=None):
    return Script(f"def f(x): return {name!r}", "f", parent=parent, origin="by hand", id=name)


def policy(name, records):
    made = Policy(script(name))
    made.tell(records)
    return made


def record(sample, score, **values):
    return Record(sample, "ok", score, (sample,), output=2 * sample, label=sample, **values)


class Odd:
    def __repr__(self):
        raise RuntimeError("no")


def test_the_worst_samples_of_the_best_policy_are_kept(tmp_path):
    good = policy("good", [record(n, 1 - n / 100) for n in range(50)])
    bad = policy("bad", [record(n, 0.0) for n in range(50)])
    worst = Worst(tmp_path)
    worst.note([bad, good], 3)
    found = read_worst(tmp_path)
    assert (found["step"], found["policy"], found["samples"]) == (3, "good", 50)
    assert [row["sample"] for row in found["records"]] == list(range(49, 39, -1))
    assert found["records"][0]["args"] == "(49,)"
    worst.note([bad, good], 4, best=bad)
    worst.close()
    assert read_worst(tmp_path)["policy"] == "bad"
    worst.note([bad, good], 5, best=policy("unjudged", []))
    worst.close()
    assert read_worst(tmp_path)["policy"] == "good"
    worst.note([], 6)
    worst.note([policy("unjudged", [])], 6)
    worst.close()
    assert read_worst(tmp_path)["step"] == 5
    assert [path.name for path in tmp_path.iterdir()] == ["worst.json"]


def test_huge_and_odd_values_stay_small(tmp_path):
    huge = {"matrix": [[float(n) for n in range(1000)] for _ in range(100)], "text": "x" * 10**6}
    records = [
        Record(
            n, "exception", 0.0, (huge, Odd(), float("nan")), {"y\ud800": huge}, label=huge,
            exception="trace\n" * 10_000, printed="\x00" * 10_000, feedback="f" * 10_000,
        )
        for n in range(100)
    ]  # fmt: skip
    worst = Worst(tmp_path)
    worst.note([policy("one", records)], 1)
    assert len(read_worst(tmp_path)["records"]) == COUNT
    assert (tmp_path / "worst.json").stat().st_size < 100_000


def test_what_is_slow_to_write_is_written_at_the_end(tmp_path):
    worst = Worst(tmp_path)
    worst.note([policy("one", [record(1, 0.5)])], 1)
    worst._next = float("inf")  # as after a step whose values took very long
    worst.note([policy("two", [record(1, 0.5)])], 2)
    assert read_worst(tmp_path)["step"] == 1
    worst.close()
    assert read_worst(tmp_path)["step"] == 2


def test_a_folder_that_is_gone_ends_nothing(tmp_path):
    worst, lineage = Worst(tmp_path / "gone"), Lineage(tmp_path / "gone")
    worst.note([policy("one", [record(1, 0.5)])], 1)
    lineage.note([script("a")], 1)
    (tmp_path / "gone").mkdir()
    worst.close()
    lineage.note([script("b"), script("a")], 2)
    assert list(read_lineage(tmp_path / "gone")) == ["b", "a"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"records": 3}', '{"records": [3]}', "\xff"])
def test_damaged_notes_are_none(tmp_path, text):
    (tmp_path / "worst.json").write_text(text, encoding="latin-1")
    assert read_worst(tmp_path) is None


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)), st.integers(0, 5))
def test_the_worst_are_the_first_of_the_sorted(scores, count):
    records = [record(n, score) for n, score in enumerate(scores)]
    expected = sorted(records, key=lambda each: each.score)[:count]
    assert [each.sample for each in worst_records(records, count)] == [e.sample for e in expected]


def test_an_answer_of_none_is_one_and_a_failure_has_none():
    answered = Record(0, "ok", 1.0, (1,))
    failed = Record(0, "timeout", 0.0, (1,))
    assert abbreviated(answered)["output"] == "None"
    assert abbreviated(failed)["output"] == ""


def test_lineage_holds_each_script_once_whatever_was_torn(tmp_path):
    lineage = Lineage(tmp_path)
    lineage.note([script("a"), script("b", parent="a"), script("a")], 1)
    with (tmp_path / FILE).open("a") as file:
        file.write('{"id": "c", "par')  # killed
    again = Lineage(tmp_path)
    again.note([script("a"), script("c", parent="b")], 2)
    again.note([script("c", parent="x")], 3)
    known = read_lineage(tmp_path)
    assert {name: entry.parent for name, entry in known.items()} == {
        "a": None, "b": "a", "c": "b"
    }  # fmt: skip
    assert known["c"].step == 2
    assert known["c"].origin == "by hand"
    assert len((tmp_path / FILE).read_text().splitlines()) == 4


def test_lines_are_appended_after_a_torn_one(tmp_path):
    path = tmp_path / "x"
    append(path, ["a", "ü"])
    append(path, [])
    append(path, ["b"])
    assert path.read_text(encoding="utf-8") == "a\nü\nb\n"
    with path.open("a") as file:
        file.write("torn")
    append(path, ["c"])
    assert path.read_text(encoding="utf-8") == "a\nü\nb\ntorn\nc\n"


def test_a_run_from_python_has_both_and_they_are_no_part_of_the_checkpoint(tmp_path):
    @lp.module
    def double(x: int) -> int:
        """Return twice the number."""
        return x

    optimizer = lp.MutationOptimizer(n_parents=2, n_children=2)
    data = [((n,), 2 * n) for n in range(4)]
    run = tmp_path / "run"
    limits = lp.Limits(time=0.2, failures=1)
    trainer = lp.Trainer(
        optimizer, max_steps=2, run_dir=run, progress=False, isolation="none", limits=limits
    )
    trainer.fit(double, data)
    assert read_worst(run)["step"] == 2
    state = json.loads((run / "checkpoint.json").read_text())
    ids = {each["id"] for each in state["module"]["population"]["policies"]}
    known = read_lineage(run)
    assert ids <= set(known) == {path.stem for path in (run / "scripts").iterdir()}
    assert all(e.parent is None or e.parent in known for e in known.values())
    assert "worst" not in state
    assert "lineage" not in state
