"""Confident: luck on one batch doesn't win. By simulation, against `top_k`."""

import math

import numpy as np
import pytest

from langprop.population import Policy, Record, Tracker, top_k
from langprop.population.rules.comparison import Comparison
from langprop.population.rules.confident import Confident
from langprop.scripts.script import Script


def policies(*rows, first=0):
    made = []
    for place, row in enumerate(rows):
        made.append(Policy(Script("x", "f", id=str(place))))
        tell(made[-1], row, first)
    return made


def tell(policy, scores, first=0):
    policy.tell([Record(first + n, "ok", float(score)) for n, score in enumerate(scores)])


def ids(found):
    return [policy.id for policy in found]


def regret(rule, seed, *, samples=8, difficulty=0.0, noise=0.3, count=12):
    """How much worse the chosen policy is than the best, and how many samples that took.

    The policies' scores are their worth, what is common to all on a sample, and noise. What is
    undecided is tested on further batches, as the trainer does it.
    """
    rng = np.random.default_rng(seed)
    worth = rng.uniform(0.3, 0.9, count)
    made = policies(*[[]] * count)
    spent = first = 0

    def test(tested):
        nonlocal spent, first
        common = rng.normal(0, difficulty, samples)
        for policy in tested:
            scores = worth[int(policy.id)] + common + rng.normal(0, noise, samples)
            tell(policy, scores, first)
            spent += samples
        first += samples

    test(made)
    for _ in range(getattr(rule, "rounds", 0)):
        undecided = rule.undecided(made, 1)
        if not undecided:
            break
        test(undecided)
    (chosen,) = rule(sorted(made, key=lambda policy: policy.rank, reverse=True), 1, rng)
    return worth.max() - worth[int(chosen.id)], spent / count


def mean_regret(rule, **settings):
    found = np.array([regret(rule, seed, **settings) for seed in range(120)])
    return found.mean(axis=0)


@pytest.mark.parametrize(
    ("world", "gain"),
    # Where samples differ more than policies do, most of the gain is samples that aren't needed.
    [({"noise": 0.3}, 0.8), ({"noise": 0.1, "difficulty": 0.4}, 1.1)],
    ids=["noise", "difficulty"],
)
def test_it_chooses_better_than_top_k_with_no_more_samples(world, gain):
    chosen, spent = mean_regret(Confident(), **world)
    lucky, _ = mean_regret(top_k, **world)
    fair, even = mean_regret(top_k, samples=math.ceil(spent), **world)
    assert even >= spent
    assert chosen < 0.7 * lucky  # of what one batch gives
    assert chosen < gain * fair  # of what as many samples give, spread evenly


def newcomers(rule, seed):
    """As `regret`, of one proved policy and eight children that were tested on one batch."""
    rng = np.random.default_rng(seed)
    worth = np.array([0.8, *rng.uniform(0.5, 0.85, 8)])
    made = policies(*[[]] * 9)
    for _ in range(10):
        tell(made[0], rng.random(16) < 0.8)
        made[0].decay(0.9)

    def test(tested, first):
        luck = rng.normal(0, 0.15)  # an easy or a hard batch
        for policy in tested:
            tell(policy, rng.random(16) < worth[int(policy.id)] + luck, first)

    test(made, 0)
    for turn in range(getattr(rule, "rounds", 0)):
        test(rule.undecided(made, 1), 100 * (turn + 1))
    (chosen,) = rule(sorted(made, key=lambda policy: policy.rank, reverse=True), 1, rng)
    return worth.max() - worth[int(chosen.id)]


def test_newcomers_that_were_lucky_on_their_batch_do_not_displace_the_proved_one():
    careful = np.mean([newcomers(Confident(), seed) for seed in range(120)])
    credulous = np.mean([newcomers(top_k, seed) for seed in range(120)])
    assert careful < 0.7 * credulous


def test_a_clear_lead_is_decided_and_a_close_one_is_not():
    clear = policies([0.9, 0.91, 0.92, 0.9], [0.1, 0.12, 0.1, 0.11], [0.11, 0.1, 0.1, 0.12])
    assert Confident().undecided(clear, 1) == []
    assert ids(Confident().undecided(clear, 2)) == ["1", "2"]
    close = policies([1, 0, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0])
    assert ids(Confident().undecided(close, 1)) == ["0", "1"]
    assert Confident(0).undecided(close, 1) == []


@pytest.mark.parametrize("k", [0, 3, 9])
def test_without_a_boundary_there_is_nothing_to_decide(k):
    assert Confident().undecided(policies([1, 0], [0, 1], [1, 1]), k) == []
    assert Confident().undecided([], k) == []


def test_ties_are_tested_again_unless_all_scores_of_enough_samples_are_the_same():
    assert len(Confident().undecided(policies([1] * 4, [1] * 4), 1)) == 2
    assert len(Confident().undecided(policies([1] * 12, [1] * 12), 1)) == 0
    assert len(Confident().undecided(policies([1, 0] * 6, [0, 1] * 6), 1)) == 2
    # Equal on this batch, but of another past: the newcomer may have met an easy batch.
    old, new = policies([0, 1] * 6, [])
    old.decay(0.9)
    for policy in (old, new):
        tell(policy, [1] * 6 + [0.5] * 6)
    assert ids(Confident().undecided([old, new], 1)) == ["0", "1"]


def test_what_is_common_to_all_is_no_noise():
    hard = np.tile([0.0, 1.0, 0.2, 0.8], 8)
    made = policies(hard + 0.1, hard + 0.01 * np.tile([1, -1, -1, 1], 8))
    assert made[0].stderr > 0.05
    assert Confident().undecided(made, 1) == []


def test_harder_further_samples_are_no_fault_of_those_that_were_tested_on_them():
    made = policies([0.9, 0.7, 0.8, 0.8], [0.8, 0.7, 0.9, 0.7], [0.5, 0.4, 0.6, 0.5])
    for policy, scores in zip(made, ([0.3, 0.2], [0.1, 0.0]), strict=False):
        tell(policy, scores, first=4)
    assert made[0].priority < 0.65
    worth = Comparison(made).worth
    # The first two lost 0.63 on average on the further samples: that is the samples' difficulty.
    assert worth[2] == pytest.approx(0.5)
    assert worth[0] > worth[1] > 0.7
    assert ids(Confident()(made, 2, None)) == ["0", "1"]


def test_where_all_saw_the_same_the_worth_is_the_priority():
    rng = np.random.default_rng(0)
    made = policies(*rng.random((5, 6)))
    for policy in made:
        policy.decay(0.9)
    for policy in [*made, *made]:
        tell(policy, rng.random(7))
    found = Comparison(made)
    assert found.worth == pytest.approx([policy.priority for policy in made])
    assert all(0 < error < 1 for error in found.error)


def test_of_two_that_look_alike_the_better_proved_one_is_kept():
    old, new = policies([1, 0] * 20, [])
    old.decay(1.0)
    for policy in (old, new):
        tell(policy, [1, 0, 1, 0])
    assert ids(Confident()([new, old], 1, None)) == ["0"]


@pytest.mark.parametrize(
    "rows",
    [
        [[1.0], [0.0]],
        [[], [1.0, 0.5]],
        [[1.7e308, -1.7e308], [1e308, 1e308]],
        [[], []],
        [[5.0, 5.0], [5.0, 5.0]],
    ],
)
@pytest.mark.parametrize("decayed", [False, True])
def test_little_or_strange_knowledge_is_no_reason_to_fail(rows, decayed):
    made = policies(*rows)
    if decayed:
        for policy in made:
            policy.decay(0.0 if policy.id == "0" else 0.5)
    rule = Confident()
    assert len(rule(made, 1, None)) == 1
    assert len(rule.undecided(made, 1)) in (0, 2)


def test_policies_of_older_checkpoints_are_compared():
    made = policies([], [])
    for policy, priority in zip(made, (0.5, 0.9), strict=True):
        policy.trackers["main"] = Tracker(priority, 40.0)
    assert len(Confident().undecided(made, 1)) == 2  # nobody knows
    for policy in made:
        tell(policy, [0.6, 0.7, 0.65, 0.7])
    assert ids(Confident()(made, 1, None)) == ["1"]


@pytest.mark.parametrize(
    "settings", [{"z": -1}, {"z": math.nan}, {"caution": math.inf}, {"rounds": -1}, {"rounds": 1.5}]
)
def test_settings_make_sense(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        Confident(**settings)
