"""What a policy did → variables of the prompts."""

import statistics

import numpy as np
import pytest
from hypothesis import given as provided
from hypothesis import strategies as st

from langprop.evaluation import Batch, evaluate
from langprop.executors.inline import InlineExecutor
from langprop.modules.function import module
from langprop.optim.feedback import (
    Summary,
    choose_worst,
    name_arguments,
    same_outputs,
    setup_variables,
    update_variables,
)
from langprop.population.policy import Policy
from langprop.population.record import CallRecord, Record
from langprop.prompts.prompts import Prompts
from langprop.scripts.script import Script


@module
def add(first: int, second: int = 0) -> int:
    """Add."""
    raise NotImplementedError


def parent(records, tracker="main"):
    policy = Policy(Script("def add(first, second=0):\n    return first\n", "add"))
    policy.tell(records, tracker)
    return policy


def variables(records, seed=0, tracker="main"):
    return update_variables(add, parent(records, tracker), np.random.default_rng(seed))


def test_setup_variables():
    add.example = Record(0, "ok", 0.0, args=(1,), kwargs={"second": 2}, label=3)
    given = setup_variables(add)
    assert given["inputs"] == {"first": 1, "second": 2}
    assert (given["args"], given["kwargs"], given["label"]) == ((1,), {"second": 2}, 3)
    assert (given["function_name"], given["modules"]) == ("add", {})
    assert '"""Add."""' in given["stub"]
    add.example = None
    assert setup_variables(add)["inputs"] == {}


def test_update_variables_come_from_one_sample():
    record = Record(
        4, "ok", 0.0, args=(1, 2), output=9, label=3, printed="p", feedback="too much", seconds=0.1
    )
    given = variables([Record(0, "ok", 1.0), record])
    assert given["record"] is record
    assert (given["args"], given["outputs"], given["label"], given["score"]) == ((1, 2), 9, 3, 0.0)
    assert (given["printed"], given["feedback"], given["exception"]) == ("p", "too much", "")
    assert (given["status"], given["avg_score"]) == ("ok", 0.5)
    assert given["code"].startswith("def add")
    assert given["inputs"] == {"first": 1, "second": 2}
    assert (given["calls"], given["call_origins"]) == ([], [])


def test_several_calls_show_the_first_one_that_was_kept():
    calls = (CallRecord((1,), {"second": 5}, 6, origin="abc"), CallRecord((2,), {}, None, "oops"))
    given = variables([Record(0, "exception", 0.0, args=(99,), calls=calls, exception="oops")])
    assert (given["args"], given["kwargs"], given["outputs"]) == ((1,), {"second": 5}, 6)
    assert given["call_origins"] == ["abc", ""]
    assert given["calls"][1] == {
        "function": "add",
        "inputs": {"first": 2},
        "output": None,
        "exception": "oops",
        "printed": "",
        "origin": "",
    }


def test_calls_between_modules_have_names_and_origins():
    @module(depends=[add])
    def total(numbers: list) -> int:
        """Add them all."""

    records = [
        Record(
            0,
            "ok",
            0.0,
            args=([1, 2],),
            output=3,
            calls=(
                CallRecord((1,), {"second": 2}, 3, origin="total", function="add", printed="p"),
                CallRecord(([],), {}, None, "IndexError", origin="add", function="total"),
                CallRecord((7,), {}, None, "", origin="add", function="forged"),
            ),
        )
    ]
    policy = Policy(Script("def total(numbers): return add(*numbers)\n", "total"))
    policy.tell(records)
    given = update_variables(total, policy, np.random.default_rng(0))
    assert (given["args"], given["outputs"]) == (([1, 2],), 3)
    assert given["call_origins"] == ["total", "add", "add"]
    assert [call["function"] for call in given["calls"]] == ["add", "total", "forged"]
    assert given["calls"][0]["inputs"] == {"first": 1, "second": 2}
    assert given["calls"][1]["inputs"] == {"numbers": []}
    assert given["calls"][2]["inputs"] == {"argument 1": 7}
    assert given["modules"] == {"add": add.stub}
    assert setup_variables(total)["modules"] == given["modules"]


def test_without_records_all_variables_are_there_and_empty():
    given = variables([])
    assert given["record"] is None
    assert set(given) == set(variables([Record(0, "ok", 1.0)]))


def test_another_tracker_serves_where_the_main_one_is_empty():
    given = variables([Record(0, "ok", 0.25)], tracker="infractions")
    assert (given["avg_score"], given["score"]) == (0.25, 0.25)


def test_the_sample_is_a_random_one_of_the_worst():
    records = [Record(i, "ok", 0.0 if i < 4 else 1.0) for i in range(8)]
    chosen = {choose_worst(records, np.random.default_rng(seed)).sample for seed in range(60)}
    assert chosen == {0, 1, 2, 3}
    assert choose_worst([], np.random.default_rng(0)) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("line 2, in f\n    x: int = y\nNameError: no y", "NameError"),
        ("ValueError: several\nlines: of text", "ValueError"),
        ("json.decoder.JSONDecodeError: x", "JSONDecodeError"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("", "unknown"),
    ],
)
def test_exceptions_are_counted_by_type(text, name):
    summary = Summary.of([Record(0, "exception", 0.0, exception=text)] * 2)
    assert summary.exceptions == {name: 2}


def test_the_summary_counts_by_status():
    records = [
        Record(0, "ok", 1.0),
        Record(1, "ok", 0.0),
        Record(2, "crash", 0.0, exception="x"),
        Record(3, "exception", 0.0, exception="B: x"),
        Record(4, "exception", 0.0, exception="A: x"),
        Record(5, "exception", 0.0, exception="A: y"),
    ]
    summary = Summary.of(records)
    assert list(summary.statuses.items()) == [("ok", 2), ("exception", 3), ("crash", 1)]
    assert list(summary.exceptions.items()) == [("A", 2), ("B", 1)]
    assert (summary.samples, summary.wrong) == (6, 1)
    graded = Summary.of([Record(0, "ok", 0.5), Record(1, "ok", 0.0)])
    assert (graded.wrong, graded.lowest, graded.highest) == (None, 0.0, 0.5)
    assert Summary.of([]).samples == 0


def test_the_summary_tells_where_and_what():
    text = "line 2, in f\n    a = b[{0}]\nKeyError: {0}"
    records = [Record(n, "exception", 0.0, exception=text.format(n // 2)) for n in range(4)]
    records += [Record(4, "exception", 0.0, exception="E" * 300 + ": x" * 300)] * 3
    first, second, third = Summary.of(records).failures
    assert (first.count, len(first.name), len(first.message)) == (3, 60, 200)
    assert (second.count, second.name, second.number) == (2, "KeyError", 2)
    assert (second.line, second.message) == ("a = b[0]", "KeyError: 0")
    assert third.line == "a = b[1]"


SCORES = [n / 8 for n in range(9)]


def test_the_summary_of_graded_scores_and_the_past():
    policy = parent([Record(n, "ok", score) for n, score in enumerate(SCORES)])
    tracker = policy.trackers["main"]
    assert Summary.of(tracker.records).quartiles == (0.25, 0.5, 0.75)
    assert Summary.of(tracker.records).stderr == pytest.approx(statistics.stdev(SCORES) / 3)
    assert Summary.of(tracker.records[:3]).quartiles is None
    assert Summary.of(tracker.records[:3]).stderr is None
    assert Summary.of(tracker.records, tracker).past_score is None
    policy.decay(0.5)
    policy.tell([Record(0, "ok", 1.0), Record(1, "ok", 0.0)])
    summary = update_variables(add, policy, np.random.default_rng(0))["summary"]
    assert (summary.past_score, summary.past_samples) == (0.5, 4.5)
    assert (summary.samples, summary.quartiles, summary.wrong) == (2, None, 1)


@provided(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4))
def test_the_middle_quartile_is_the_median(scores):
    summary = Summary.of([Record(n, "ok", score) for n, score in enumerate(scores)])
    if summary.quartiles is not None:
        expected = np.quantile(np.asarray(scores) / 4, [0.25, 0.5, 0.75])  # no overflow
        assert [each / 4 for each in summary.quartiles] == pytest.approx(expected.tolist())


def test_a_sample_tells_what_the_best_of_the_others_has_on_it():
    records = [Record(n, "ok", 0.1 * n) for n in range(3)]

    @module
    def add(first: int, second: int = 0) -> int:
        """Add."""
        raise NotImplementedError

    mine, other, third = add.population.add(
        [Script(f"def add(first, second): return {n}", "add") for n in range(3)]
    )
    mine.tell(records)
    assert update_variables(add, mine, np.random.default_rng(0))["rival"] is None
    other.tell([Record(0, "ok", 0.5), Record(2, "ok", 0.7)])
    third.tell([Record(n, "exception", -1.0) for n in range(3)])
    variables = update_variables(add, mine, np.random.default_rng(0))
    assert (variables["score"], variables["rival"]) == (0.0, 0.5)
    text = Prompts.default().render("update", variables)[-1].content
    assert "Score: 0; the best of the other scripts has 0.5 on it" in text
    assert update_variables(add, third, np.random.default_rng(0))["rival"] in (0.5, 0.1, 0.7)


def test_a_sample_tells_where_it_went_wrong():
    wrong = Record(0, "ok", 0.0, ([1, 2],), output=[1, 2, 3], label=[1, 5, 3])
    given = variables([wrong])
    assert given["differences"] == "1 of 3 entries differs: [1]: 2 instead of 5"
    assert (given["output_focus"], given["focus"]) == ([(1,)], [])
    exception = "    x\nIndexError: list index out of range"
    (sample,) = variables([Record(0, "exception", 0.0, ([1, []],), exception=exception)])["samples"]
    assert (sample["focus"], sample["differences"]) == ([("first", 1)], "")


@pytest.mark.parametrize(
    ("outputs", "labels", "same"),
    [
        ([1, 1, 1], [1, 2, 3], True),
        ([1, 1, 2], [1, 2, 3], False),
        ([1, 1], [1, 1], False),  # as it should be
        ([1], [2], False),
        ([np.zeros(3), np.zeros(3)], [0, 1], True),
        ([[np.zeros(3)], [np.ones(3)]], [0, 1], False),
        ([float("nan")] * 2, [0, 1], True),
    ],
)
def test_same_outputs(outputs, labels, same):
    records = [
        Record(i, "ok", 0.0, output=output, label=label)
        for i, (output, label) in enumerate(zip(outputs, labels, strict=True))
    ]
    assert same_outputs(records) is same


def test_labels_that_can_not_be_compared():
    class Odd:
        def __eq__(self, other):
            raise RuntimeError("no")

        __hash__ = None

    records = [Record(i, "ok", 0.0, output=1, label=Odd()) for i in range(2)]
    assert same_outputs(records) is True


def test_arguments_are_named_as_in_the_stub():
    stub = "def f(a, /, b, *, c): ..."
    assert name_arguments(stub, "f", (1, 2, 3), {"c": 4}) == {
        "a": 1,
        "b": 2,
        "argument 3": 3,
        "c": 4,
    }
    assert name_arguments("", "f", (1,), {}) == {"argument 1": 1}
    assert name_arguments("def (", "f", (1,), {}) == {"argument 1": 1}


def test_the_summary_names_lines_as_the_sandbox_writes_them():
    source = (
        "def look(table, key):\n    return table[key]\n\n\n"
        "def add(first, second=0):\n    if first:\n        look({}, first)\n    return 1 // first\n"
    )
    script = Script(source, "add")
    batch = Batch.read(add, [((n,), n) for n in (0, 1, 1)])
    with InlineExecutor() as executor:
        records = evaluate(add, [script], batch, executor)[script.id]
    found = [(each.count, each.number, each.line) for each in Summary.of(records).failures]
    assert found == [(2, 2, "return table[key]"), (1, 8, "return 1 // first")]


def test_of_lines_in_other_modules_the_script_s_own_is_named():
    text = "line 4, in add\n    rate(1)\nline 3 of <script rate>, in rate\n    x\nNameError: x"
    (failure,) = Summary.of([Record(0, "exception", 0.0, exception=text)]).failures
    assert (failure.number, failure.line) == (4, "rate(1)")
