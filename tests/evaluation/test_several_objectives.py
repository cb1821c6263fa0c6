"""Scores of several objectives, from `score` to the records."""

import pickle
import warnings
from types import MappingProxyType

import pytest

import langprop as lp
from langprop.executors.inline import InlineExecutor
from langprop.population import Record

SAMPLES = [((n,), 2 * n) for n in range(4)]
RIGHT = lp.Script("def f(x):\n    return 2 * x\n", "f")
FAILS = lp.Script("def f(x):\n    return x / 0\n", "f")
PARTLY = lp.Script("def f(x):\n    return 6 // (3 - x)\n", "f")  # fails on the last sample


class Double(lp.Module):
    stub = 'def f(x):\n    """Double."""\n'

    def score(self, output, label):
        return {"accuracy": float(output == label), "length": len(str(output))}


def judge(module, *scripts, samples=SAMPLES):
    return list(lp.evaluate(module, scripts, samples, InlineExecutor()).values())


def weighted(**settings):
    return type("Weighted", (Double,), {"weights": {"accuracy": 1.0, "length": -0.1}, **settings})()


def test_records_hold_the_total_and_the_parts():
    (records,) = judge(weighted(), RIGHT)
    assert [record.score for record in records] == pytest.approx([0.9] * 4)
    assert [dict(record.scores) for record in records] == [{"accuracy": 1.0, "length": 1.0}] * 4
    assert records[0].weights == {"accuracy": 1.0, "length": -0.1}


def test_a_failing_sample_has_the_exception_score_in_each():
    module = weighted(exception_score=-2.0)
    records = judge(module, PARTLY)[0]
    assert (records[3].status, records[3].score) == ("exception", -2.0)
    assert records[3].scores == {"accuracy": -2.0, "length": -2.0}
    module = weighted(exception_score={"accuracy": -1.0, "length": 30})
    assert judge(module, FAILS)[0][0].score == -4.0
    assert judge(module, FAILS)[0][0].scores == {"accuracy": -1.0, "length": 30.0}


def test_samples_that_failed_before_the_names_were_known_have_them_too():
    module = Double()
    failing, _ = judge(module, FAILS, RIGHT)
    assert failing[0].scores == {"accuracy": 0.0, "length": 0.0}
    assert module.objectives == ("accuracy", "length")
    assert judge(module, FAILS)[0][0].scores == {"accuracy": 0.0, "length": 0.0}
    assert judge(Double(), FAILS)[0][0].scores == {}  # of another module nothing is known


def test_names_that_differ_are_a_failure_of_the_answer_and_warned_of_once():
    class Fickle(Double):
        def score(self, output, label):
            return {"accuracy": 1.0} if output < 4 else {"accuracy": 1.0, "speed": 1.0}

    module = Fickle()
    with pytest.warns(UserWarning, match="score\\(\\) failed on 2 of 4 answers") as caught:
        (records,) = judge(module, RIGHT)
    assert len(caught) == 1
    assert [record.status for record in records] == ["ok", "ok", "bad_output", "bad_output"]
    assert "but they are accuracy" in records[2].exception
    assert records[2].scores == {"accuracy": 0.0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        judge(module, RIGHT)


@pytest.mark.parametrize("returned", [1.0, {"accuracy": 1.0}, {"accuracy": 1, "size": 2}])
def test_what_was_declared_must_be_returned(returned):
    module = weighted(score=lambda self, output, label: returned)
    with pytest.warns(UserWarning, match="score\\(\\) failed"):
        (records,) = judge(module, RIGHT)
    assert {record.status for record in records} == {"bad_output"}
    assert records[0].scores == {"accuracy": 0.0, "length": 0.0}


def test_a_number_first_and_a_dict_later():
    class Mixed(Double):
        def score(self, output, label):
            return 1.0 if output == 0 else {"accuracy": 1.0}

    module = Mixed()
    with pytest.warns(UserWarning, match="a number before"):
        (records,) = judge(module, RIGHT)
    assert [record.status for record in records] == ["ok", *["bad_output"] * 3]
    assert module.objectives == ()
    assert records[1].scores == {}


def test_a_total_below_the_exception_score_is_warned_of():
    module = weighted(weights={"accuracy": 1.0, "length": -10.0})
    with pytest.warns(UserWarning, match="an answer scored -9, below the exception_score 0"):
        judge(module, RIGHT)


def test_episodes_have_objectives_too():
    class Game(Double):
        weights = MappingProxyType({"wins": 1.0, "turns": -0.5})
        exception_score = -2.0

        def forward(self, function, number):
            first = yield function(number)
            second = yield function(first)
            return [first, second]

        def score(self, output, label):
            return lp.Score({"wins": output[1], "turns": 2}, "well played")

    (records,) = judge(Game(), RIGHT)
    assert [record.score for record in records] == [-1.0, 3.0, 7.0, 11.0]
    assert records[1].scores == {"wins": 4.0, "turns": 2.0}
    assert records[1].feedback == "well played"


def test_a_record_is_a_value():
    record = Record(1, "ok", 0.5, (1,), {"a": 2}, scores={"b": 0.5}, weights={"b": 1.0})
    assert record == pickle.loads(pickle.dumps(record))
    assert record != Record(1, "ok", 0.5, (1,), {"a": 2})
    assert "scores={'b': 0.5}" in repr(record)
    assert Record(1, "ok", 0.5).kwargs is not Record(1, "ok", 0.5).kwargs
    with pytest.raises(AttributeError):
        record.score = 1.0
