"""What a module's scores consist of: one number, or several objectives."""

import math
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

import langprop as lp
from langprop.errors import ModuleError
from langprop.modules.objectives import Objectives, below

NUMBERS = st.floats(-1e6, 1e6)
NAMES = st.text("abcde fgh", min_size=1, max_size=4).filter(str.strip)


def made(**settings):
    @lp.module(score=lambda output, label: {"accuracy": 1.0}, **settings)
    def f(x: int) -> int:
        """Do it."""

    return f


def test_a_number_is_a_score_without_parts():
    objectives = Objectives()
    assert objectives.names is None
    assert objectives.read(2) == (2.0, "", {})
    assert objectives.names == ()
    assert objectives.read(lp.Score(0.5, "half")) == (0.5, "half", {})
    assert objectives.read(0.25) == (0.25, "", {})
    assert (objectives.failed, objectives.failed_scores, objectives.weights) == (0.0, {}, {})


def test_the_total_is_the_weighted_sum():
    objectives = Objectives({"accuracy": 1, "speed": 0.5, "length": -0.01})
    value = {"length": 20, "speed": 0.5, "accuracy": True}
    total, feedback, parts = objectives.read(lp.Score(value, "long"))
    assert (total, feedback) == (1.05, "long")
    assert list(parts.items()) == [("accuracy", 1.0), ("speed", 0.5), ("length", 20.0)]
    assert all(type(part) is float for part in parts.values())


def test_without_weights_the_first_dict_gives_the_names():
    objectives = Objectives()
    failed = objectives.failed_scores
    assert failed == {}
    assert objectives.read({"b": 1, "a": 2})[0] == 3
    assert (objectives.names, objectives.weights) == (("b", "a"), {"b": 1.0, "a": 1.0})
    assert failed == {"b": 0.0, "a": 0.0}  # what was handed out before knows it, too
    assert list(objectives.read({"a": 2, "b": 1})[2]) == ["b", "a"]


@pytest.mark.parametrize(
    ("first", "then", "message"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, "score returned the objectives a, b, but they are a"),
        ({"a": 1, "b": 2}, {"a": 1}, "but they are a, b"),
        ({"a": 1}, {}, r"score returned the objectives \(none\)"),
        ({"a": 1}, 1.0, "returned the number 1, but has the objectives a: return a dict"),
        (1.0, {"a": 1}, "returned the objectives a, but a number before"),
        ({"a": 1}, {"a": None}, "a must be a number, but got None"),
        ({"a": 1}, {"a": math.nan}, "a must be finite"),
        ({"a": 1}, {"a": {"b": 1}}, "a must be a number"),
        ({"a": 1, "b": 1}, {"a": 1e308, "b": 1e308}, "sum of the objectives must be finite"),
        (1.0, "one", "must return a number, dict or Score"),
        (1.0, None, "must return a number, dict or Score"),
        (1.0, lp.Score(lp.Score(1.0)), "float"),
        (1.0, math.inf, "score must be finite"),
    ],
)
def test_later_scores_must_agree(first, then, message):
    objectives = Objectives()
    objectives.read(first)
    before = objectives.names
    with pytest.raises((TypeError, ValueError), match=message):
        objectives.read(then)
    assert objectives.names == before


@pytest.mark.parametrize(
    "value", [{}, {"": 1}, {" ": 1}, {1: 1}, {"a\nb": 1}, {"score": 1}, {"a": math.inf}]
)
def test_a_first_dict_that_cant_be_used_is_forgotten(value):
    objectives = Objectives()
    with pytest.raises((TypeError, ValueError)):
        objectives.read(value)
    assert objectives.names is None
    assert objectives.read({"a": 1})[0] == 1


def test_what_a_failing_sample_gets():
    weights = {"a": 2.0, "b": -1.0}
    number = Objectives(weights, -3.0)
    assert (number.failed, number.failed_scores) == (-3.0, {"a": -3.0, "b": -3.0})
    parts = Objectives(weights, {"b": 5, "a": -1})
    assert (parts.failed, parts.failed_scores) == (-7.0, {"a": -1.0, "b": 5.0})
    alone = Objectives({}, {"a": -1, "b": -2})
    assert (alone.names, alone.failed, alone.weights) == (("a", "b"), -3.0, {"a": 1.0, "b": 1.0})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weights": [("a", 1)]}, "weights must be a mapping such as"),
        ({"weights": {"a": "1"}}, r"weights\['a'\] must be a finite number, but got '1'"),
        ({"weights": {"a": math.nan}}, "must be a finite number"),
        ({"weights": {"a": 10**400}}, "must be a finite number"),
        ({"weights": {1: 1.0}}, "weights: the name of an objective must be a text, but got 1"),
        ({"weights": {"": 1.0}}, "must be one line of text"),
        (
            {"weights": {"score": 1.0}},
            "can't be called 'score', since val/score is a figure of the total",
        ),
        ({"weights": {"gap": 1.0}}, "can't be called 'gap'"),
        ({"weights": {"a": 0, "b": 0}}, "must not be 0 altogether"),
        ({"exception_score": math.nan}, "exception_score must be a finite number"),
        ({"exception_score": None}, "exception_score must be a finite number"),
        ({"exception_score": {}}, "exception_score must be a number or name objectives"),
        ({"exception_score": {"a": math.inf}}, r"exception_score\['a'\] must be a finite number"),
        ({"exception_score": {"a": 1e308, "b": 1e308}}, "exception_score can't be used"),
        (
            {"weights": {"a": 1}, "exception_score": {"a": 1, "b": 2}},
            "exception_score has the objectives a, b, but weights has a",
        ),
    ],
)
def test_what_is_declared_is_checked_at_once(settings, message):
    with pytest.raises(ModuleError, match=message):
        made(**settings)


def test_a_class_declares_weights_and_is_checked_before_training():
    class Double(lp.Module):
        stub = 'def f(x):\n    """Double."""\n'
        weights: ClassVar = {"accuracy": 1.0}

        def score(self, output, label):
            return {"accuracy": 1.0}

    module = Double()
    module.weights = {"accuracy": "much"}
    with pytest.raises(ModuleError, match="finite number"):
        lp.Trainer("mutation", run_dir=False, progress=False).fit(module, [((1,), 2)])


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({}, ""),
        ({"a": 1}, "The score is a."),
        ({"a": 1, "b": 0.25, "c": -0.01}, "The score is the sum a + 0.25 · b - 0.01 · c."),
        ({"a": -1, "b": 2}, "The score is the sum -a + 2 · b."),
        ({"a": 1, "b": 0}, "The score is the sum a. b: not counted."),
    ],
)
def test_words(weights, words):
    assert Objectives(weights).words == words


def test_an_exception_score_below_others():
    assert below([3, lp.Score(5.0)], {}) == 0.0
    assert below([-30.0], {}) == -60.0
    weights = {"gain": 1.0, "cost": -0.5}
    failed = below([{"gain": 4, "cost": 10}, {"gain": 2, "cost": 1}], weights)
    assert failed == {"gain": 0.0, "cost": 20.0}
    assert Objectives(weights, failed).failed == -10.0


@given(st.dictionaries(NAMES, st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5))
def test_the_sum_doesnt_depend_on_the_order(parts):
    weights = {name: weight for name, (weight, _) in parts.items()}
    values = {name: value for name, (_, value) in parts.items()}
    if not any(weights.values()):
        return
    objectives = Objectives(weights)
    total, _, read = objectives.read(values)
    assert read == values
    assert total == objectives.read(dict(reversed(values.items())))[0]
    assert total == pytest.approx(sum(weights[name] * values[name] for name in weights), abs=1e-3)
    failed = below([values], weights)
    assert Objectives(weights, failed).failed <= total
