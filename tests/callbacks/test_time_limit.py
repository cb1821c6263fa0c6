"""Durations, and runs whose time is over."""

import time
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.callbacks import LambdaCallback, TimeLimit
from langprop.callbacks.duration import clock, roughly, to_seconds
from langprop.errors import ConfigError

SLOW = LambdaCallback(on_train_batch_start=lambda *_: time.sleep(0.05))


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("00:12:00:00", 43200),
        (" 1:00:00:01 ", 86401),
        (timedelta(minutes=1), 60),
        (90, 90),
        (0.5, 0.5),
        ("90", 90),
        ("1e2", 100),
    ],
)
def test_durations_can_be_written_in_several_ways(written, seconds):
    assert to_seconds(written) == seconds
    assert TimeLimit(written).seconds == seconds


@pytest.mark.parametrize(
    "written",
    ["", "12:00", "00:00:00:00", "-1", 0, -3, True, None, [1], "nan", float("inf"), "1:2:3:x"],
)
def test_what_is_no_duration_is_refused_with_what_to_type(written):
    with pytest.raises(ConfigError, match="00:12:00:00"):
        TimeLimit(written)


@pytest.mark.parametrize(
    "written", [timedelta(0), "9" * 400 + ":0:0:0", 10**400, "12 h"], ids=["0", "9", "10", "12 h"]
)
def test_nor_is_this(written):
    with pytest.raises(ConfigError, match="00:12:00:00"):
        TimeLimit(written)


@settings(max_examples=50)
@given(st.integers(0, 10**6))
def test_clocks_can_be_read_back(seconds):
    days, _, rest = clock(seconds).rpartition(" d ")
    parts = [int(part) for part in rest.split(":")]
    padded = [int(days or 0), *[0] * (3 - len(parts)), *parts]
    assert sum(a * b for a, b in zip(padded, (86400, 3600, 60, 1), strict=True)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1 s"),
        (99.4, "99 s"),
        (100, "2 min"),
        (5969, "99 min"),
        (5970, "1 h 40 min"),
        (7200, "2 h"),
        (2 * 86400, "2 d"),
        (75 * 3600, "3 d 3 h"),
    ],
)
def test_rough_times(seconds, text):
    assert roughly(seconds) == text


def test_it_stops_after_the_running_step(train):
    trainer, module = train(SLOW, TimeLimit(0.12), max_epochs=None)
    assert trainer.stopped == "time limit: 1 s"
    assert 1 <= trainer.step <= 3  # of 0.05 s at the least
    assert not any(policy.records for policy in module.population.policies)  # no step in halves


def test_the_time_of_a_run_counts_on_when_it_is_resumed(train):
    def breaks(trainer, module):
        if trainer.step == 4:
            raise KeyboardInterrupt

    train(SLOW, LambdaCallback(on_train_batch_start=breaks), max_epochs=None)
    trainer, _ = train(SLOW, TimeLimit(0.19), max_epochs=None, resume=True)
    assert trainer.stopped.startswith("time limit")
    assert trainer.step == 4  # its time was over before it was resumed


def test_a_limit_can_be_raised(train):
    train(SLOW, TimeLimit(0.06), max_epochs=2)
    trainer, _ = train(SLOW, TimeLimit(60), max_epochs=2, resume=True)
    assert (trainer.step, trainer.stopped) == (6, "")


def test_another_call_of_fit_has_its_own_time(train):
    limit = TimeLimit(0.12)
    trainer, module = train(SLOW, limit, max_epochs=None, run_dir=False)
    steps = trainer.step
    trainer.fit(module, [((n,), 2 * n) for n in range(12)])
    assert trainer.step > steps


def test_it_needs_no_place_in_a_checkpoint(train):
    trainer, module = train(TimeLimit(60))
    assert trainer.state_dict(module)["callbacks"] == []
