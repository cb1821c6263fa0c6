"""What a comparison says, of trials that are made up."""

import csv
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.llms.budget import Budget
from langprop.trainer.comparison import Comparison, Pair
from langprop.trainer.trial import Trial

SPENT = "budget: 100 of 100 evaluations"


def trial(optimizer, seed, score, **settings):
    given = {"status": "finished", "evaluations": 100, "stopped": SPENT, **settings}
    return Trial(optimizer, seed, score=score, **given)


def compared(scores, *, what="", pairs=None, **settings):
    """Scores by optimizer, one per seed; None for a run that isn't there."""
    trials = [
        trial(name, seed, score)
        for name, row in scores.items()
        for seed, score in enumerate(row)
        if score is not None
    ]
    first, *others = scores
    pairs = pairs or [Pair(other, first, what) for other in others]
    seeds = range(max(map(len, scores.values())))
    given = {"budget": Budget(evaluations=100), **settings}
    return Comparison("f", list(scores), list(seeds), trials, pairs, **given)


def words(comparison):
    (difference,) = comparison.differences
    return str(difference).partition(": ")[2]


def test_feedback_that_helped():
    found = compared({"none": [0.1, 0.2, 0.3], "llm": [0.5, 0.62, 0.72]}, what="feedback")
    assert words(found) == "feedback helped: +0.4133 [0.3846, 0.442]"
    assert "llm against none: feedback helped" in str(found)
    turned = compared({"llm": [0.5, 0.62, 0.72], "none": [0.1, 0.2, 0.3]})
    assert words(turned).startswith("lower: -0.4133 [-0.442, -0.3846]")
    harm = compared({"none": [0.5, 0.62, 0.72], "llm": [0.1, 0.2, 0.3]}, what="feedback")
    assert words(harm).startswith("feedback did harm: -0.4133")


def test_a_difference_that_chance_may_have_made():
    found = compared({"none": [0.1, 0.9, 0.4], "llm": [0.5, 0.2, 0.8]}, what="feedback")
    assert words(found).startswith("no difference could be told with 3 seeds: +0.03333 [-1.")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=6))
def test_optimizers_that_did_the_same(scores):
    found = compared({"a": scores, "b": list(scores)})
    assert words(found) == f"the same scores with all {len(scores)} seeds"
    assert found.differences[0].score.low == found.differences[0].score.high == 0


def test_one_seed_has_no_interval_and_that_is_said():
    found = compared({"a": [0.5], "b": [0.75]})
    assert words(found) == "one seed, so that chance can't be told from merit: +0.25"
    assert "one seed gives no interval" in str(found)
    assert "1 seed;" in str(found)


def test_pairs_are_of_the_seeds_that_both_have():
    found = compared({"a": [0.5, 0.1, None], "b": [None, 0.2, 0.9]})
    (difference,) = found.differences
    assert (difference.score.n, difference.score.mean) == (1, pytest.approx(0.1))
    nothing = compared({"a": [0.5, None], "b": [None, 0.2]})
    assert "no seed has a score of both" in str(nothing.differences[0])
    assert "1 runs are missing" in str(nothing)


def test_solved_counts_the_final_score_and_reached_the_training():
    trials = [
        trial("a", 0, 1.0, reached=True, evaluations=40, stopped="val/score reached 1"),
        trial("a", 1, 0.8, reached=True, evaluations=60, stopped="val/score reached 1"),
        trial("a", 2, 0.5),
    ]
    found = Comparison("f", ["a"], [0, 1, 2], trials, budget=Budget(evaluations=100), target=1.0)
    (row,) = found.rows
    assert (row.solved, row.reached, row.to_target) == (1, 2, 50)
    assert row.ended == {"target": 2, "budget": 1}
    text = str(found)
    assert "1/3" in text
    assert "50 (2)" in text
    assert "a reached the target in 2 of 3 runs, and ended there, after 50 evaluations" in text


def test_if_all_reach_the_target_their_effort_is_compared():
    trials = [
        trial(name, seed, 1.0, reached=True, evaluations=effort * (10 + seed))
        for seed in range(3)
        for name, effort in (("a", 10), ("b", 40))
    ]
    found = Comparison("f", ["a", "b"], [0, 1, 2], trials, [Pair("b", "a")], target=1.0)
    (difference,) = found.differences
    assert difference.effort.mean == pytest.approx(4)
    assert "it took 4 [4, 4] times the evaluations" in str(difference)


def test_failures_are_told_once_per_reason():
    failed = {"status": "failed", "score": None, "error": "LLMAuthError: no key\nat all"}
    trials = [trial("a", 0, 0.5), trial("a", 1, 0.6)]
    trials += [trial("b", seed, **failed) for seed in range(2)]
    found = Comparison("f", ["a", "b"], [0, 1], trials, [Pair("b", "a")], budget=Budget(calls=9))
    text = str(found)
    assert text.count("LLMAuthError") == 1
    assert "b failed with seed 0, 1: LLMAuthError: no key at all" in text
    assert "0/2" in text
    assert found.rows[1].score is None
    assert len(found.failed) == 2


def test_an_unknown_price_is_unknown_and_without_calls_there_are_no_columns_for_them():
    found = compared({"a": [0.5]})
    assert "tokens" not in str(found)
    trials = [trial("a", 0, 0.5, calls=3, tokens=1000, usd=None)]
    asked = Comparison("f", ["a"], [0], trials)
    assert "unknown" in str(asked)
    assert asked.rows[0].usd is None
    assert str(asked).count("unknown") == 1
    uncounted = Comparison("f", ["a"], [0], [trial("a", 0, 0.5, calls=3, tokens=0, usd=None)])
    assert str(uncounted).count("unknown") == 2


def test_what_is_written(tmp_path):
    found = compared({"a": [0.5, 0.6], "b, the best": [0.7, None]})
    found.save(tmp_path / "new")
    data = json.loads((tmp_path / "new/comparison.json").read_text())
    assert data["rows"][0]["score"]["mean"] == pytest.approx(0.55)
    assert data["differences"][0]["words"].startswith("b, the best against a")
    with (tmp_path / "new/trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["optimizer"] for row in rows] == ["a", "a", "b, the best"]
    assert float(rows[1]["score"]) == 0.6


def test_nothing_yet():
    found = Comparison("f", ["a", "b"], [0, 1], [], [Pair("b", "a")], interrupted=True)
    text = str(found)
    assert "interrupted" in text
    assert "a: 2 runs are missing" in text
    assert "against" not in text
