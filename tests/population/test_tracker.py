"""The algebra of priorities."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langprop.population import Record, Tracker

scores = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)
decays = st.floats(0, 1)


def records(values):
    return [Record(i, "ok", value) for i, value in enumerate(values)]


def told(tracker, values):
    tracker.tell(records(values))
    return tracker


def close(a, b):
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6)


def test_worked_example_of_the_paper():
    tracker = told(Tracker(past_priority=14 / 15, past_weight=60), [1.0] * 10)
    assert round(tracker.priority, 6) == 0.942857


def test_knows_nothing_at_first():
    tracker = Tracker()
    assert (tracker.priority, tracker.weight, tracker.avg_score) == (0, 0, 0)
    tracker.tell([])
    tracker.decay(0.5)
    assert (tracker.priority, tracker.weight) == (0, 0)


@given(scores)
def test_without_past_the_priority_is_the_mean(values):
    tracker = told(Tracker(), values)
    assert close(tracker.priority, math.fsum(values) / len(values))
    assert close(tracker.priority, tracker.avg_score)


@given(scores, scores)
def test_telling_in_parts_is_telling_at_once(first, second):
    parts, whole = (
        told(told(Tracker(1.0, 5.0), first), second),
        told(Tracker(1.0, 5.0), first + second),
    )
    assert close(parts.priority, whole.priority)
    assert parts.count == whole.count == len(parts.records)


@given(scores, scores)
def test_without_decay_the_priority_is_the_mean_of_all_steps(first, second):
    tracker = told(Tracker(), first)
    tracker.decay(1.0)
    told(tracker, second)
    assert close(tracker.priority, math.fsum(first + second) / len(first + second))
    assert tracker.weight == len(first + second)


@given(scores, scores)
def test_full_decay_forgets_the_past(first, second):
    tracker = told(Tracker(), first)
    tracker.decay(0.0)
    assert tracker.weight == 0
    told(tracker, second)
    assert close(tracker.priority, math.fsum(second) / len(second))


@given(st.lists(scores, min_size=1, max_size=6), decays)
def test_weight_is_a_geometric_sum_and_the_priority_stays_within_the_scores(steps, decay):
    tracker, weight = Tracker(), 0.0
    for values in steps:
        told(tracker, values)
        tracker.decay(decay)
        weight = (weight + len(values)) * decay
    assert math.isclose(tracker.weight, weight, rel_tol=1e-9)
    flat = [value for values in steps for value in values]
    if weight:
        assert min(flat) - 1e-6 <= tracker.priority <= max(flat) + 1e-6


@given(scores, decays.filter(lambda decay: decay > 0))
def test_decay_leaves_the_priority_as_it_is(values, decay):
    tracker = told(Tracker(2.0, 3.0), values)
    before = tracker.priority
    tracker.decay(decay)
    assert close(tracker.priority, before)
    assert tracker.records == []


@given(scores, decays)
def test_state_round_trip(values, decay):
    tracker = told(Tracker(0.5, 4.0), values)
    copy = Tracker()
    copy.load_state_dict(tracker.state_dict())
    assert copy.priority == tracker.priority
    copy.decay(decay)
    tracker.decay(decay)
    assert copy.state_dict() == tracker.state_dict()


def test_huge_scores_stay_finite():
    assert told(Tracker(), [1.7e308] * 4).priority == 1.7e308


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_scores_must_be_finite(bad):
    tracker = told(Tracker(), [1.0])
    with pytest.raises(ValueError, match="finite"):
        tracker.tell(records([0.5, bad]))
    assert tracker.count == 1  # nothing of the refused records is kept


@pytest.mark.parametrize("decay", [-0.1, 1.1])
def test_decay_must_be_a_share(decay):
    with pytest.raises(ValueError, match="between 0 and 1"):
        Tracker().decay(decay)


@pytest.mark.parametrize("past", [(math.nan, 1.0), (0.0, -1.0), (0.0, math.inf)])
def test_a_past_must_make_sense(past):
    with pytest.raises(ValueError, match="finite"):
        Tracker(*past)
