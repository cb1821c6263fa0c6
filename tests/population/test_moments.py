"""Standard errors of priorities: against numpy, through decay, saving and older checkpoints."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.population import Policy, Record, Tracker
from langprop.population.moments import Moments
from langprop.scripts.script import Script

scores = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20)
decays = st.floats(0.01, 1)


def records(values):
    return [Record(i, "ok", value) for i, value in enumerate(values)]


def told(values, tracker=None):
    tracker = tracker or Tracker()
    tracker.tell(records(values))
    return tracker


def weighted_stderr(values, weights):
    """By the textbook: the variance of a mean with reliability weights."""
    values, weights = np.array(values), np.array(weights)
    total, squares = weights.sum(), (weights**2).sum()
    mean = (weights * values).sum() / total
    variance = (weights * (values - mean) ** 2).sum() / (total - squares / total)
    return math.sqrt(variance * squares) / total


@given(scores)
def test_of_one_step_it_is_the_standard_error_of_the_mean(values):
    expected = np.std(values, ddof=1) / math.sqrt(len(values))
    assert told(values).stderr == pytest.approx(expected, rel=1e-6, abs=1e-9)


@settings(max_examples=60)
@given(st.lists(st.tuples(scores, decays), min_size=1, max_size=5), scores)
def test_decayed_steps_weigh_as_their_samples_do(steps, last):
    tracker, weights = Tracker(), []
    for values, decay in steps:
        told(values, tracker)
        tracker.decay(decay)
        weights = [weight * decay for weight in [*weights, *[1.0] * len(values)]]
    told(last, tracker)
    flat = [value for values, _ in steps for value in values] + last
    expected = weighted_stderr(flat, weights + [1.0] * len(last))
    assert tracker.stderr == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(scores, scores)
def test_telling_in_parts_is_telling_at_once(first, second):
    parts, whole = told(second, told(first)), told(first + second)
    assert parts.stderr == pytest.approx(whole.stderr, rel=1e-6, abs=1e-9)


@given(scores, decays)
def test_decay_leaves_it_as_it_is(values, decay):
    tracker = told(values)
    before = tracker.stderr
    tracker.decay(decay)
    assert tracker.stderr == pytest.approx(before, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("values", [[], [1.0]])
def test_of_less_than_two_samples_nothing_is_known(values):
    tracker = told(values)
    assert tracker.stderr == math.inf
    tracker.decay(0.9)
    assert tracker.stderr == math.inf
    assert told([1.0, 2.0], tracker).stderr < math.inf


def test_it_goes_through_json():
    tracker = told([0.1, 0.9, 0.4], told([0.5, 0.25]))
    tracker.decay(0.7)
    told([0.3, 0.8], tracker)
    copy = Tracker()
    copy.load_state_dict(json.loads(json.dumps(tracker.state_dict(), allow_nan=False)))
    assert copy.stderr == tracker.stderr
    for each in (tracker, copy):
        each.decay(0.9)
    assert copy.state_dict() == tracker.state_dict()


def test_a_checkpoint_without_it_is_taken_to_vary_as_the_samples_since_then():
    state = {"past_priority": 0.5, "past_weight": 60.0, "count": 0, "avg_score": 0.0}
    tracker = Tracker()
    tracker.load_state_dict(state)
    assert (tracker.priority, tracker.stderr) == (0.5, math.inf)
    told([0.0, 1.0] * 5, tracker)
    # 70 samples of the variance 5/18
    assert tracker.stderr == pytest.approx(math.sqrt(5 / 18 / 70), rel=0.02)
    tracker.decay(0.9)
    assert tracker.stderr == pytest.approx(math.sqrt(5 / 18 / 70), rel=0.02)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, None])
def test_a_nonsensical_spread_in_a_checkpoint_is_an_unknown_one(bad):
    tracker = told([0.0, 1.0])
    tracker.load_state_dict({**tracker.state_dict(), "spread": bad})
    assert tracker.stderr == math.inf
    assert tracker.priority == 0.5


def test_huge_scores_have_no_known_error_and_the_checkpoint_stays_json():
    tracker = told([1.7e308, -1.7e308, 1e300])
    assert tracker.stderr == math.inf
    tracker.decay(0.5)
    json.dumps(tracker.state_dict(), allow_nan=False)
    assert Moments.of([1e200, -1e200]).spread is None


def test_a_policy_sums_the_errors_of_the_trackers_that_count():
    policy = Policy(Script("x", "f", id="1"), {"speed": -2.0, "shown": 0.0})
    assert policy.stderr == math.inf
    policy.tell(records([0.0, 1.0]), "speed")
    policy.tell(records([5.0]), "shown")  # weighs nothing, whatever it is
    assert policy.stderr == pytest.approx(2 * 0.5)
    policy.tell(records([1.0, 1.0]))
    assert policy.stderr == pytest.approx(1.0)
    assert policy.effective == 1
